import { type BoundedChunk, CursorLost, positionOf } from '../archive/chunkBounds.ts';

/** How many of a pass's chunks a cursor is behind; undefined if it ends none of them. */
export function chunkAt(chunks: readonly BoundedChunk[], cursor: readonly string[] | null): number | undefined {
  try {
    return positionOf(chunks, cursor);
  } catch (error) {
    if (error instanceof CursorLost) return undefined;
    throw error;
  }
}
