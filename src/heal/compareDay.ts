import type { BoundedChunk } from '../archive/chunkBounds.ts';
import type { Difference } from '../archive/difference.ts';
import { sameDigest } from '../archive/digest.ts';
import type { Attempt } from '../job/attempt.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { compareChunk, type DayView } from '../partition/compareChunk.ts';

/** A chunk whose rows aren't what the archive says, and how they differ. */
export interface DriftedChunk {
  chunk: BoundedChunk;
  difference: Difference;
}

/**
 * Compares chunks with the table, without a lock, and returns those that differ with the rows' keys. A chunk always
 * differs if its part lacks a column that the table has now.
 */
export async function findDrift(
  view: DayView,
  chunks: readonly BoundedChunk[],
  attempt: Attempt,
  limit = Number.POSITIVE_INFINITY,
): Promise<DriftedChunk[]> {
  const { schema, row } = view;
  const drifted: DriftedChunk[] = [];
  for (const [index, chunk] of chunks.entries()) {
    attempt.signal.throwIfAborted();
    attempt.beat({ phase: 'comparing', chunk: index, chunks: chunks.length, drifted: drifted.length });
    const range = { schema, window: row.window, from: chunk.from, to: chunk.to, salt: row.salt };
    const narrow = chunk.part.width < schema.columns.length;
    if (!narrow && sameDigest(await rangeDigest(view.sessions[0], range), chunk.digest)) continue;
    drifted.push({ chunk, difference: await compareChunk(view, chunk) });
    if (drifted.length >= limit) break;
  }
  return drifted;
}
