import type { Encoding } from './column.ts';
import { readRows } from './csvReader.ts';

/** How rows differ from what was archived: their keys, as `rowKey` writes them. */
export interface Difference {
  added: string[];
  changed: string[];
  removed: string[];
}

/**
 * Compares archived rows with the rows of now by primary key. Both have the same columns, and a key at most once.
 * @param keyFields the indexes of the primary key's columns among the fields
 * @throws MalformedCsv
 */
export function compareRows(
  archived: Buffer,
  now: Buffer,
  encodings: readonly Encoding[],
  keyFields: readonly number[],
): Difference {
  const before = new Map<string, Row>();
  for (const row of readRows(archived, encodings)) before.set(rowKey(row, keyFields), row);
  const difference: Difference = { added: [], changed: [], removed: [] };
  for (const row of readRows(now, encodings)) {
    const key = rowKey(row, keyFields);
    const old = before.get(key);
    if (!old) difference.added.push(key);
    else if (row.some((value, field) => !sameValue(value, old[field] ?? null))) difference.changed.push(key);
    before.delete(key);
  }
  difference.removed = [...before.keys()];
  return difference;
}

type Row = readonly (Buffer | null)[];

function sameValue(one: Buffer | null, other: Buffer | null): boolean {
  if (one === null || other === null) return one === other;
  return one.equals(other);
}

/**
 * The differences of several chunks as one. A row that left one chunk and came into another has changed, and so has one
 * that two chunks report differently: each key is in one list, once. In whatever order and grouping chunks are merged,
 * the same keys come out.
 */
export function mergeDifferences(differences: readonly Difference[]): Difference {
  const added = new Set(differences.flatMap((each) => each.added));
  const removed = new Set(differences.flatMap((each) => each.removed));
  const changed = new Set(differences.flatMap((each) => each.changed));
  for (const key of added) if (removed.has(key)) changed.add(key);
  const unchanged = (key: string) => !changed.has(key);
  return { added: [...added].filter(unchanged), changed: [...changed], removed: [...removed].filter(unchanged) };
}

/** A primary key as one text, in hex because a value may hold any byte. */
export function rowKey(row: Row, keyFields: readonly number[]): string {
  return keyFields.map((field) => row[field]?.toString('hex') ?? '').join(',');
}

/** The first three keys, for a person to read. */
function firstKeys(keys: readonly string[]): string {
  const shown = keys.slice(0, 3).map((key) =>
    key
      .split(',')
      .map((hex) => Buffer.from(hex, 'hex').toString('utf8'))
      .join('/'),
  );
  return `${shown.join(', ')}${keys.length > 3 ? ', …' : ''}`;
}

/** `3 rows changed (88121233, 88121240, 88121391), 1 row added (7)` */
export function describeDifference(difference: Difference): string {
  const said = (['changed', 'added', 'removed'] as const)
    .filter((what) => difference[what].length > 0)
    .map((what) => {
      const keys = difference[what];
      return `${keys.length} ${keys.length === 1 ? 'row' : 'rows'} ${what} (${firstKeys(keys)})`;
    });
  return said.join(', ') || 'no row differs by now';
}
