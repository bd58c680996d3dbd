import type { DayReport } from '../../ledger/report.ts';
import type { Shares } from '../../pacing/timeAccount.ts';
import { secondsBetween } from '../text/format.ts';

/** Rows a second, and over how many seconds that was seen. */
export interface Pace {
  rowsPerSecond: number;
  seconds: number;
  /** Of these, outside the window or under the fuse: no pace would have deleted a row. */
  closedSeconds?: number;
}

/** Days that were done within so many seconds of each other belong to one run, without a wait in between. */
const sameRunSeconds = 600;

function byTime(days: readonly DayReport[]): DayReport[] {
  const purged = days.filter((each) => each.state === 'purged' && each.rowsDeleted > 0);
  return purged.sort((one, other) => (one.updatedAt < other.updatedAt ? -1 : 1));
}

/** A shorter account is of a purge that has just begun: two looks at the ledger tell as much. */
const tellingSeconds = 2;

/** The pace of the last ten minutes, waits included, as the purge itself keeps it; null where it has told nothing of them yet. */
export function recentPace(shares: Shares | null): Pace | null {
  if (!shares || shares.seconds < tellingSeconds) return null;
  const { rows, seconds, closedSeconds } = shares;
  return { rowsPerSecond: rows / seconds, seconds, closedSeconds };
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
