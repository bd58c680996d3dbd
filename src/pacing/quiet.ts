/** Every so often all purges and exports of a source rest at once, over all its workers, so that it shows what others feel without them. */
const periodMillis = 12_000;
const quietMillis = 1_200;
/** What the last transactions leave behind, such as a replica that applies them, isn't over at once. */
export const settleMillis = 300;

/** When the quiet moment ends that an instant of MySQL's clock lies in, in milliseconds since 1970 UTC; undefined outside of one. */
export function quietUntil(epochMillis: number): number | undefined {
  const into = epochMillis % periodMillis;
  return into < quietMillis ? epochMillis - into + quietMillis : undefined;
}

/** Whether nobody of any worker has worked on the source for long enough that a measurement shows others by themselves. */
export function isQuiet(epochMillis: number): boolean {
  const into = epochMillis % periodMillis;
  return into >= settleMillis && into < quietMillis;
}

/** Whether this worker's own work is over for long enough. */
export function hasSettled(millisSinceWork: number): boolean {
  return millisSinceWork >= settleMillis;
}
