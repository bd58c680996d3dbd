import type { Encoding } from './column.ts';
import { readRows } from './csvReader.ts';

/** How rows differ from what was archived: their keys, as `rowKey` writes them. */
export interface Difference {
  added: readonly string[];
  changed: readonly string[];
  removed: readonly string[];
}

/**
 * Compares archived rows with the rows of now by primary key. Both have the same columns, and a key at most once.
 * @param keyFields the indexes of the primary key's columns among the fields
 * @param onChanged gets each changed row as archived and as it is now
 * @throws MalformedCsv
 */
export function compareRows(
  archived: Buffer,
  now: Buffer,
  encodings: readonly Encoding[],
  keyFields: readonly number[],
  onChanged?: (archived: Row, now: Row) => void,
): Difference {
  const before = new Map<string, Row>();
  for (const row of readRows(archived, encodings)) before.set(rowKey(row, keyFields), row);
  const added: string[] = [];
  const changed: string[] = [];
  for (const row of readRows(now, encodings)) {
    const key = rowKey(row, keyFields);
    const old = before.get(key);
    if (!old) added.push(key);
    else if (row.some((value, field) => !sameValue(value, old[field] ?? null))) {
      changed.push(key);
      onChanged?.(old, row);
    }
    before.delete(key);
  }
  return { added, changed, removed: [...before.keys()] };
}

export type Row = readonly (Buffer | null)[];

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
  const added = new Set<string>();
  const removed = new Set<string>();
  const changed = new Set<string>();
  for (const each of differences) {
    for (const key of each.added) added.add(key);
    for (const key of each.removed) removed.add(key);
    for (const key of each.changed) changed.add(key);
  }
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

/**
 * `3 rows changed (88121233, 88121240, 88121391), 1 row added (7)`
 * @param unnamed rows that changed beyond those whose keys are given
 */
export function describeDifference(difference: Difference, unnamed = 0): string {
  const said = (['changed', 'added', 'removed'] as const)
    .filter((what) => difference[what].length > 0)
    .map((what) => {
      const keys = difference[what];
      const rows = keys.length + (what === 'changed' ? unnamed : 0);
      return `${rows} ${rows === 1 ? 'row' : 'rows'} ${what} (${firstKeys(keys)}${rows > keys.length && keys.length <= 3 ? ', …' : ''})`;
    });
  return said.join(', ') || 'no row differs by now';
}
