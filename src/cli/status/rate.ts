import type { DayReport } from '../../ledger/report.ts';
import type { Rate } from '../../pacing/eta.ts';
import { secondsBetween } from '../text/format.ts';

/** Two days that ended within so many seconds belong to one run of the purge, without a wait in between. */
const sameRunSeconds = 600;

function byTime(days: readonly DayReport[]): DayReport[] {
  const purged = days.filter((each) => each.state === 'purged' && each.rowsDeleted > 0);
  return purged.sort((one, other) => (one.updatedAt < other.updatedAt ? -1 : 1));
}

/** The rate over the last twenty days that were purged, however long ago; null before there are two. */
export function lastRate(days: readonly DayReport[]): Rate | null {
  const latest = byTime(days).slice(-21);
  let rows = 0;
  let seconds = 0;
  for (const [index, each] of latest.entries()) {
    const before = latest[index - 1];
    const gap = before ? secondsBetween(before.updatedAt, each.updatedAt) : 0;
    if (!before || gap > sameRunSeconds) continue;
    rows += each.rowsDeleted;
    seconds += gap;
  }
  return seconds > 0 ? { rowsPerSecond: rows / seconds, seconds } : null;
}

/** How many rows the ledger had counted as deleted at a moment. */
export interface Count {
  now: string;
  rowsDeleted: number;
}

/** The rate between two readings of the ledger. */
export function rateBetween(before: Count, after: Count): Rate | null {
  const seconds = secondsBetween(before.now, after.now);
  return seconds > 0 ? { rowsPerSecond: (after.rowsDeleted - before.rowsDeleted) / seconds, seconds } : null;
}
