import { checkArchived } from '../../checks/openTable.ts';
import type { Config } from '../../config/load.ts';
import type { TablePolicy } from '../../config/policy.ts';
import { windowOf } from '../../job/tableTime.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { Day } from '../../model/day.ts';
import { estimateDays } from '../../mysql/estimate/dayEstimate.ts';
import type { Session } from '../../mysql/session/session.ts';
import type { MissingRows } from './missingRows.ts';

/** Index entries that are counted at most: `status` may be asked while the server is at its limit. */
const entriesCounted = 200_000;

/** Estimates the rows of days without an archive; undefined where a check refuses the table. */
export async function countDays(
  session: Session,
  config: Config,
  policy: TablePolicy,
  days: readonly Day[],
): Promise<MissingRows | undefined> {
  const { opened } = await checkArchived(new Ledger(session, config.source.ledger), policy, { moment: 'run', config });
  if (!opened) return undefined;
  const windows = days.map((day) => windowOf(policy, opened.kind, day));
  return { days: days.length, ...(await estimateDays(session, opened.schema, windows, entriesCounted)) };
}
