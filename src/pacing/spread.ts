/** How hard a purge goes: spread over the time that it has, all that others' latency allows, or all that it can get. */
export type PaceMode = 'steady' | 'asap' | 'full';

/** From the gentlest to the hardest. */
export const paceModes: readonly PaceMode[] = ['steady', 'asap', 'full'];

/** What a table's purge has to do, and until when. */
export interface Due {
  /** Rows that are due and not deleted yet. */
  rows: number;
  /** Days that are due. */
  days: number;
  /** Until the next day is due or the window closes, whichever is sooner, in seconds. */
  secondsLeft: number;
}

/** Done in half of the time that is left, so that a pause or a lagging replica in between doesn't make it late. */
const shareOfTime = 0.5;
/** The longest rest for the sake of spreading: a slice that waited longer would open its day again for each transaction. */
const longestRestMillis = 10_000;

/** The rows per second that are needed; undefined for a backlog, which goes as fast as others' latency allows. */
export function neededRate({ rows, days, secondsLeft }: Due): number | undefined {
  if (days > 1 || secondsLeft <= 0) return undefined;
  return rows / Math.max(1, secondsLeft * shareOfTime);
}

/** How long to rest after a transaction so that rows go at the needed rate, in milliseconds. */
export function spreadRest(rate: number | undefined, rows: number, millis: number): number {
  if (rate === undefined) return 0;
  const wanted = rate > 0 ? (rows / rate) * 1000 - millis : longestRestMillis;
  return Math.min(longestRestMillis, Math.max(0, wanted));
}
