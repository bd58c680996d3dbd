import type { Cursor } from '../archive/chunk.ts';
import { type Column, encodingOf } from '../archive/column.ts';

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

/**
 * Keys by the form that they share with every key that MySQL may take for the same one. A collation ignores case, accents
 * or trailing spaces, so equal forms are candidates: whether two keys are one is asked of MySQL.
 */
export function indexKeys(keys: Iterable<string>, primaryKey: readonly Column[]): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const key of keys) {
    const folded = foldKey(key, primaryKey);
    const same = index.get(folded);
    if (same) same.push(key);
    else index.set(folded, [key]);
  }
  return index;
}

/** A key without what a collation may ignore. Two keys that MySQL takes for one have one folded key. */
export function foldKey(key: string, primaryKey: readonly Column[]): string {
  return key
    .split(',')
    .map((hex, position) => {
      const column = primaryKey[position];
      const exact = !column || encodingOf(column) !== 'text' || !column.collation || column.collation.endsWith('_bin');
      if (exact) return hex;
      const text = Buffer.from(hex, 'hex').toString('utf8');
      return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().trimEnd();
    })
    .join(',');
}

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
