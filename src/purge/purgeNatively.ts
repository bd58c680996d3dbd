import { endCursor } from '../archive/cursor.ts';
import { withoutDropped } from '../partition/readChunks.ts';
import type { Position } from './position.ts';
import { purgeNative } from './purgeNative.ts';
import type { Slice, Step } from './slice.ts';

/** Whether the policy asks for native partitions, and nothing of the day is deleted yet. */
export function mayBeNative({ job, day }: Slice): boolean {
  const { row, chunks } = day;
  return job.policy.nativePartitions === 'auto' && row.cursor === null && row.pass === 1 && chunks.length > 0;
}

/** Purges the whole day at once if it is native partitions. `native` says which, or why the day is purged in chunks. */
export async function purgeNatively(
  { job, day, paced, allowance }: Slice,
  position: Position,
  forMillis: number,
): Promise<Step & { native?: string }> {
  const { attempt } = job;
  const hold = await paced.ready(attempt, { day: day.key.day, deleted: position.deleted });
  if (attempt.signal.aborted) return { position, end: {} };
  if (hold) return { position, end: hold };
  const began = Date.now();
  const chunks = await withoutDropped(job.source.store, day);
  const reach = (end: number, rows: number) => allowance.reach(position, end, rows);
  const during = <T>(work: () => Promise<T>) => paced.pacer.during(work);
  const found = await purgeNative(job, { ...day, chunks }, { forMillis, reach, during });
  if ('provedPercent' in found)
    return { position, native: `being proved in place, ${found.provedPercent} % so far`, end: {} };
  if ('chunks' in found) return { position, native: `in chunks: ${found.chunks}` };
  paced.pacer.recordUnpaced(found.rows, Date.now() - began);
  const bytes = day.chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0);
  attempt.count?.('deleted', found.rows, bytes);
  const end = { next: day.chunks.length, cursor: endCursor, deleted: found.rows };
  return { position: end, native: `exchanged ${found.exchanged.join(', ')}` };
}
