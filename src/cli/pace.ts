import type { DayReport } from '../mysql/ledgerReport.ts';
import { secondsBetween } from './figures.ts';

/** Rows a second, and over how many seconds that was seen. */
export interface Pace {
  rowsPerSecond: number;
  seconds: number;
}

/** Days that were done within so many seconds of each other belong to one run, without a wait in between. */
const sameRunSeconds = 600;

function byTime(days: readonly DayReport[]): DayReport[] {
  const purged = days.filter((each) => each.state === 'purged' && each.rowsDeleted > 0);
  return purged.sort((one, other) => (one.updatedAt < other.updatedAt ? -1 : 1));
}

/** Long enough for several days of a small table, short enough to be about now. */
const recentSeconds = 300;

/** The pace of the last five minutes, waits included: the days that were done in them and what is done of the present one. Null where no day was. */
export function recentPace(days: readonly DayReport[], now: string): Pace | null {
  const recent = byTime(days).filter((each) => secondsBetween(each.updatedAt, now) < recentSeconds);
  const [first, ...later] = recent;
  if (!first) return null;
  const present = days.find((each) => each.state === 'purging')?.rowsDeleted ?? 0;
  const seconds = secondsBetween(first.updatedAt, now);
  const rows = later.reduce((total, each) => total + each.rowsDeleted, present);
  return seconds > 0 ? { rowsPerSecond: rows / seconds, seconds } : null;
}

/** The pace of the latest purge, however long ago: over its last twenty days; null before there are two. */
export function lastPace(days: readonly DayReport[]): Pace | null {
  const latest = byTime(days).slice(-21);
  let [rows, seconds] = [0, 0];
  for (const [index, each] of latest.entries()) {
    const before = latest[index - 1];
    const gap = before ? secondsBetween(before.updatedAt, each.updatedAt) : 0;
    if (!before || gap > sameRunSeconds) continue;
    rows += each.rowsDeleted;
    seconds += gap;
  }
  return seconds > 0 ? { rowsPerSecond: rows / seconds, seconds } : null;
}

/** What the ledger had counted as deleted at a moment. */
export interface Count {
  now: string;
  rowsDeleted: number;
}

/** The pace between two looks at the ledger. */
export function paceBetween(before: Count, after: Count): Pace | null {
  const seconds = secondsBetween(before.now, after.now);
  return seconds > 0 ? { rowsPerSecond: (after.rowsDeleted - before.rowsDeleted) / seconds, seconds } : null;
}
