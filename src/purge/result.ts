import type { Day } from '../model/day.ts';
import type { Eta } from '../pacing/eta.ts';

/** Where the purge of a table stands when a slice ends, by the ledger. */
export interface Standing {
  /** The slice's day. */
  day: Day;
  /** Rows of the day: in the archive, and still in the table. */
  dayRows: number;
  dayRowsLeft: number;
  /** All that is past the retention and not purged, the day's rest included. */
  dueDays: number;
  dueRows: number;
  /** Over the last ten minutes, waits included; absent before there is an account of them. */
  rowsPerSecond?: number;
  /** How long all of it takes at that rate, within the window and under the fuse. */
  eta?: Eta;
}

export interface SliceResult {
  /** No day is left before the cutoff. */
  done: boolean;
  day?: Day;
  deleted: number;
  /** Why it waits, in words. */
  held?: string;
  /** When the wait ends at the earliest, ISO 8601, if that is known: when the purge window opens, for example. */
  heldUntil?: string;
  /** Why it waits, as one of few values for the metrics: `hold`, `fuse`, `clock`, `window`, `pace`, `contention`, or a signal of the throttle. */
  heldBy?: string;
  /** The day isn't what was archived: it must be healed before the purge goes on. */
  drifted?: boolean;
  /** Under `nativePartitions: auto`: the native partitions that the day was exchanged with, how far their proof in place is, or why it is purged in chunks. */
  native?: string;
  standing?: Standing;
  /** How much of the last ten minutes it was held, and by what, in words. */
  time?: string;
}
