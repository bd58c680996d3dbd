import type { Cursor } from '../archive/chunk.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';

/** How far a slice has come in its day. A step takes one and returns the next. */
export interface Position {
  /** Index of the first chunk that isn't deleted. */
  readonly next: number;
  /** The cursor as the ledger has it; null before the first chunk. */
  readonly cursor: Cursor | null;
  /** Rows that this slice has deleted. */
  readonly deleted: number;
}

export function openedAt({ next, row }: OpenedDay): Position {
  return { next, cursor: row.cursor, deleted: 0 };
}
