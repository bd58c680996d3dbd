import type { Cursor } from './chunk.ts';

/** The cursor of a pass whose chunks are all deleted. */
export const endCursor: Cursor = Object.freeze(['end']);

export function isEnd(cursor: Cursor | null): boolean {
  return cursor?.length === 1 && cursor[0] === endCursor[0];
}

/** For a person: `2026-09-15 13:22:10.004311 / 88121233`. */
export function cursorText(cursor: Cursor): string {
  return isEnd(cursor) ? 'its last row' : cursor.join(' / ');
}
