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

/** The runs of rows between those that stay, in cursor order. */
export function segments(rows: readonly LiveRow[], staying: ReadonlySet<LiveRow>): Segment[] {
  const runs: Segment[] = [];
  let after: Cursor | undefined;
  let run: Segment | undefined;
  for (const row of rows) {
    if (staying.has(row)) {
      after = row.cursor;
      run = undefined;
    } else if (run) run.to = row.cursor;
    else {
      run = { after, to: row.cursor };
      runs.push(run);
    }
  }
  return runs;
}
