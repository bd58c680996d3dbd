import type { Encoding } from './column.ts';
import { readRows } from './csvReader.ts';

/** What became of a run of rows since it was archived: the rows' keys, as `rowKey` writes them. */
export interface Difference {
  added: string[];
  changed: string[];
  removed: string[];
}

/**
 * Compares two sets of rows of one column list by primary key.
 * @param keyFields where the primary key's columns stand among the fields
 * @throws MalformedCsv
 */
export function compareRows(
  archived: Buffer,
  now: Buffer,
  encodings: readonly Encoding[],
  keyFields: readonly number[],
): Difference {
  const before = new Map<string, Buffer[]>();
  for (const row of readRows(archived, encodings)) before.set(rowKey(row, keyFields), row.map(copy));
  const difference: Difference = { added: [], changed: [], removed: [] };
  for (const row of readRows(now, encodings)) {
    const key = rowKey(row, keyFields);
    const old = before.get(key);
    if (!old) difference.added.push(key);
    else if (row.some((value, field) => !copy(value).equals(old[field] ?? nothing))) difference.changed.push(key);
    before.delete(key);
  }
  for (const key of before.keys()) difference.removed.push(key);
  return difference;
}

/** A row that left one chunk and came into another was changed: it is neither added nor removed. */
export function mergeDifferences(differences: readonly Difference[]): Difference {
  const added = new Set(differences.flatMap((each) => each.added));
  const removed = new Set(differences.flatMap((each) => each.removed));
  const changed = differences.flatMap((each) => each.changed);
  for (const key of added)
    if (removed.delete(key)) {
      added.delete(key);
      changed.push(key);
    }
  return { added: [...added], changed, removed: [...removed] };
}

/** A primary key as one text; hex, for a value may hold any byte. */
export function rowKey(row: readonly (Buffer | null)[], keyFields: readonly number[]): string {
  return keyFields.map((field) => row[field]?.toString('hex') ?? '').join(',');
}

/** The first three keys, as a person reads them. */
export function firstKeys(keys: readonly string[]): string {
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

/** NULL is told apart from every value, the empty one too. */
const nothing = Buffer.from('\\N,');

function copy(value: Buffer | null): Buffer {
  return value === null ? nothing : Buffer.from(value);
}
