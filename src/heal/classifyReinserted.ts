import type { Cursor } from '../archive/chunk.ts';

/** A row of the table whose key the day's archive may hold already. */
export interface LiveRow {
  /** As `rowKey` writes it. */
  key: string;
  cursor: Cursor;
  /** SHA-256 of its canonical text, in hex, computed by MySQL. */
  digest: string;
}

/** What a heal does with reinserted rows that differ from their archived ones: the policy's `recreated`. */
export type Recreated = 'leave' | 'keepBoth';

/** Rows of the table by what the archive holds of them. Each row is in one of the three lists, in the order given. */
export interface Classified {
  /** An archived row has the same key and the same values. */
  identical: LiveRow[];
  /** An archived row has the same key, and none has the same values. */
  differing: LiveRow[];
  /** No archived row has the key. */
  fresh: LiveRow[];
}

/** @param archived for each archived key the digests of the rows that have it, in hex */
export function classifyReinserted(
  rows: readonly LiveRow[],
  archived: ReadonlyMap<string, readonly string[]>,
): Classified {
  const classified: Classified = { identical: [], differing: [], fresh: [] };
  for (const row of rows) {
    const digests = archived.get(row.key);
    if (!digests) classified.fresh.push(row);
    else if (digests.includes(row.digest)) classified.identical.push(row);
    else classified.differing.push(row);
  }
  return classified;
}

/**
 * The rows that a heal within a pass doesn't archive again: identical ones, because their line exists, and under `leave`
 * those that differ too.
 */
export function rowsToLeave({ identical, differing }: Classified, recreated: Recreated): Set<LiveRow> {
  return new Set(recreated === 'leave' ? [...identical, ...differing] : identical);
}

/** A run of rows between rows that stay in the table. */
export interface Segment {
  /** The row that stays before it; undefined where there is none. */
  after: Cursor | undefined;
  /** Its last row. */
  to: Cursor;
}

/** Finds the runs of rows between those that stay, a row at a time, in cursor order. */
export class SegmentFinder {
  readonly found: Segment[] = [];
  /** Whether the last run reaches up to the last row. */
  open = false;
  #after: Cursor | undefined;

  add({ cursor }: LiveRow, stays: boolean): void {
    const run = this.open ? this.found.at(-1) : undefined;
    if (stays) this.#after = cursor;
    else if (run) run.to = cursor;
    else this.found.push({ after: this.#after, to: cursor });
    this.open = !stays;
  }
}

/** The runs of rows between those that stay, in cursor order. */
export function segments(rows: readonly LiveRow[], staying: ReadonlySet<LiveRow>): Segment[] {
  const finder = new SegmentFinder();
  for (const row of rows) finder.add(row, staying.has(row));
  return finder.found;
}
