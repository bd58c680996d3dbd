import { type BoundedChunk, CursorLost, positionOf } from '../archive/chunkBounds.ts';

/** Behind how many of a pass's chunks a cursor stands; undefined where it ends none of them. */
export function placeOf(chunks: readonly BoundedChunk[], cursor: readonly string[] | null): number | undefined {
  try {
    return positionOf(chunks, cursor);
  } catch (error) {
    if (error instanceof CursorLost) return undefined;
    throw error;
  }
}
