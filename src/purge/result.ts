import type { Day } from '../model/day.ts';

export interface SliceResult {
  /** No day is left before the cutoff. */
  done: boolean;
  day?: Day;
  deleted: number;
  /** Why it waits, in words. */
  held?: string;
  /** Until when at least it will, ISO 8601, where that is known: the purge window's opening, say. */
  heldUntil?: string;
  /** The same for the metrics, of few values: `hold`, `fuse`, `window`, `pace`, `contention`, or a signal of the throttle. */
  heldBy?: string;
  /** The day isn't what was archived: it is to be healed before the purge goes on. */
  drifted?: boolean;
  /** Under `nativePartitions: auto`: which native partitions the day was exchanged with, or why it goes in chunks. */
  native?: string;
  /** How much of the last ten minutes it was held, and by what, in words. */
  time?: string;
}
