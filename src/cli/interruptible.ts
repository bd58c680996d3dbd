import type { Config } from '../config/load.ts';
import type { Attempt } from '../job/attempt.ts';
import { Source } from '../job/source.ts';
import { Ledger } from '../ledger/ledger.ts';
import { forbidWriting } from './readOnly.ts';

/** What a command that works by itself works with. */
export interface OwnWork {
  source: Source;
  ledger: Ledger;
  /** Ends by Ctrl-C, between two steps. */
  attempt: Attempt;
}

/** Works in the command itself rather than in a workflow; with `dryRun` in a session that can't write. */
export async function interruptible<Result>(
  config: Config,
  dryRun: boolean | undefined,
  work: (own: OwnWork) => Promise<Result>,
): Promise<Result> {
  const source = new Source(config);
  const session = await source.open('READ COMMITTED');
  const stop = new AbortController();
  const leave = () => stop.abort(new Error('stopped; the same command goes on'));
  process.once('SIGINT', leave);
  try {
    if (dryRun) await forbidWriting(session);
    const ledger = new Ledger(session, config.source.ledger);
    return await work({ source, ledger, attempt: { heartbeat: () => undefined, signal: stop.signal } });
  } finally {
    process.removeListener('SIGINT', leave);
    session.close();
    source.close();
  }
}
