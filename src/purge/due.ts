import type { TablePolicy } from '../config/policy.ts';
import { parseWindow } from '../config/window.ts';
import type { Partition } from '../ledger/ledger.ts';
import { type Day, dayOf, dayWindow } from '../model/day.ts';
import { isPurgeable } from '../model/partitionState.ts';
import type { Due } from '../pacing/spread.ts';
import { windowAt } from '../pacing/window.ts';

/**
 * What of a table is due, and how long it has: until the next day is due, at midnight, or until the purge window closes.
 * @param now MySQL's clock, ISO 8601 UTC
 */
export function dueOf(
  policy: Pick<TablePolicy, 'zone' | 'window'>,
  days: readonly ({ day: Day } & Pick<Partition, 'state' | 'rowsArchived' | 'rowsDeleted'>)[],
  cutoff: Day,
  now: string,
): Due {
  const due = days.filter((each) => each.day < cutoff && isPurgeable(each.state));
  const at = Date.parse(now);
  const midnight = Number(dayWindow(dayOf(now, policy.zone), 'epochMillis', policy.zone, 'policy').end);
  const hours = policy.window === undefined ? undefined : parseWindow(policy.window);
  const window = hours && windowAt(hours, at);
  const closes = window?.open ? (window.changesAt ?? midnight) : midnight;
  return {
    rows: due.reduce((sum, each) => sum + rowsLeft(each), 0),
    days: due.length,
    secondsLeft: Math.max(0, (Math.min(midnight, closes) - at) / 1000),
  };
}

/** Archived rows of a day that are not deleted yet. */
export function rowsLeft({ rowsArchived, rowsDeleted }: Pick<Partition, 'rowsArchived' | 'rowsDeleted'>): number {
  return Math.max(0, rowsArchived - rowsDeleted);
}
