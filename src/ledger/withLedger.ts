import { type ServerAddress, Session } from '../mysql/session/session.ts';
import { Ledger } from './ledger.ts';

/** Runs `work` on a connection with the source's ledger, and always closes it. */
export function withLedger<T>(
  source: ServerAddress & { ledger: string },
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  return usingLedger(Session.open(source, 'READ COMMITTED'), source.ledger, work);
}

/** Runs `work` on a connection that the caller has begun to open, and always closes it. */
export async function usingLedger<T>(
  opening: Promise<Session>,
  name: string,
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const session = await opening;
  try {
    return await work(new Ledger(session, name));
  } finally {
    session.close();
  }
}
