import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { sameDigest } from '../archive/digest.ts';
import { predicate } from '../mysql/predicate.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { indexedTable } from '../mysql/schema/tableSchema.ts';
import { compareChunk, type DayView } from './compareChunk.ts';

/** How far a purge had come, by chunks of a pass: so many for certain, and so many at the most. */
export interface Stretch {
  done: number;
  until: number;
}

/** How many of a chunk's archived rows aren't in the table any more. */
export async function rowsGone(view: DayView, chunk: BoundedChunk): Promise<number> {
  if (await isEmpty(view, chunk)) return chunk.rows;
  const { schema, row } = view;
  const range = { schema, window: row.window, from: chunk.from, to: chunk.to, salt: row.salt };
  if (sameDigest(await rangeDigest(view.sessions[0], range), chunk.digest)) return 0;
  return (await compareChunk(view, chunk)).removed.length;
}

/** One look by the index, where a digest would read every row. */
async function isEmpty({ schema, row, sessions }: DayView, chunk: BoundedChunk): Promise<boolean> {
  const where = predicate({ schema, window: row.window }, chunk.from, chunk.to);
  return (await sessions[0].rows(`SELECT 1 FROM ${indexedTable(schema)} WHERE ${where} LIMIT 1`)).length === 0;
}

/** Neither the trace nor the table says whether a purge has deleted a chunk's rows. */
export interface Unproved {
  chunk: BoundedChunk;
  gone: number;
  why: string;
}

/**
 * How many of a pass's chunks count as purged, by the trace and the table together. A purge deletes whole chunks, in
 * their order. Up to `done` it did: chunks that are gone there are never taken for changes of the application, and where
 * all rows of the last ones are back, the purge goes over these again. From there to `until` a chunk that is gone was
 * deleted, and one that stands wasn't.
 */
export async function provePurged(
  view: DayView,
  chunks: readonly BoundedChunk[],
  { done, until }: Stretch,
): Promise<number | Unproved> {
  let next = done;
  for (; next > 0; next--) {
    const chunk = chunks[next - 1];
    if (chunk && (await rowsGone(view, chunk)) > 0) break;
  }
  if (next === done)
    for (; next < until; next++) {
      const chunk = chunks[next];
      const gone = chunk ? await rowsGone(view, chunk) : 0;
      if (!chunk || gone === 0) break;
      if (gone < chunk.rows) return { chunk, gone, why: 'neither all are there nor all are gone' };
    }
  for (const chunk of chunks.slice(Math.max(next, done), until))
    if (await isEmpty(view, chunk))
      return { chunk, gone: chunk.rows, why: 'rows of a chunk before it are there, and a purge goes in order' };
  return next;
}
