import type { Config } from '../config/load.ts';
import { Ledger } from '../ledger/ledger.ts';
import { Session } from '../mysql/session.ts';

/** Runs `work` on a connection of its own with the source's ledger. */
export async function withLedger<T>(config: Config, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const session = await Session.open(config.source, 'READ COMMITTED');
  try {
    return await work(new Ledger(session, config.source.ledger));
  } finally {
    session.close();
  }
}
