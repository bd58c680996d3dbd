import type { TablePolicy } from '../config/policy.ts';
import type { Partition } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import { isArchived, isPurgeable } from '../model/partitionState.ts';
import { type Backlog, inflowOf } from '../pacing/eta.ts';
import { rowsLeft } from './due.ts';
import type { SliceResult, Standing } from './result.ts';

/**
 * Where the purge stands after a slice, from the days as the ledger had them before it.
 * @param due the slice's own day
 */
export function standingAfter(
  days: readonly ({ day: Day } & Partition)[],
  due: { day: Day } & Partition,
  cutoff: Day,
  { deleted }: Pick<SliceResult, 'deleted'>,
): Standing {
  const waiting = days.filter((each) => each.day < cutoff && isPurgeable(each.state));
  const dayRowsLeft = Math.max(0, rowsLeft(due) - deleted);
  const others = waiting.filter((each) => each.day !== due.day);
  return {
    day: due.day,
    dayRows: due.rowsArchived,
    dayRowsLeft,
    dueDays: others.length + (dayRowsLeft > 0 ? 1 : 0),
    dueRows: others.reduce((sum, each) => sum + rowsLeft(each), dayRowsLeft),
  };
}

/** What is left after a slice, for the forecast. @param days oldest first */
export function backlogOf(
  { purge }: TablePolicy,
  days: readonly ({ day: Day } & Partition)[],
  { dueRows }: Standing,
): Backlog {
  return { purge, rowsDue: dueRows, inflowRowsPerDay: inflowOf(days.filter(({ state }) => isArchived(state))) };
}
