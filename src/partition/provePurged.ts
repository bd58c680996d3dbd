import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { sameDigest } from '../archive/digest.ts';
import { predicate } from '../mysql/predicate.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { indexedTable } from '../mysql/schema/tableSchema.ts';
import { compareChunk, type DayView } from './compareChunk.ts';

/** How far a purge had come, in chunks of a pass: at least, and at most. */
export interface Stretch {
  done: number;
  until: number;
}

/** How many of a chunk's archived rows are no longer in the table. */
export async function rowsGone(view: DayView, chunk: BoundedChunk): Promise<number> {
  if (await isEmpty(view, chunk)) return chunk.rows;
  const { schema, row } = view;
  const range = { schema, window: row.window, from: chunk.from, to: chunk.to, salt: row.salt };
  if (sameDigest(await rangeDigest(view.sessions[0], range), chunk.digest)) return 0;
  return (await compareChunk(view, chunk)).removed.length;
}

/** One index lookup; a digest would read every row. */
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
 * How many of a pass's chunks count as purged, by the trace and the table together. A purge deletes whole chunks in order.
 * Chunks up to `done` were deleted: if they are missing, the application didn't delete them, and if all rows of the last
 * ones are back, the purge repeats these. Of the chunks from there to `until`, those that are missing were deleted, and
 * those that are there weren't.
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
