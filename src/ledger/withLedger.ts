import { type ServerAddress, Session } from '../mysql/session.ts';
import { Ledger } from './ledger.ts';

/** Runs `work` on a connection with the source's ledger, which it closes, come what may. */
export async function withLedger<T>(
  source: ServerAddress & { ledger: string },
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const session = await Session.open(source, 'READ COMMITTED');
  try {
    return await work(new Ledger(session, source.ledger));
  } finally {
    session.close();
  }
}
