import type { Encoding } from './column.ts';
import { readRows } from './csvReader.ts';

/** How rows differ from what was archived: their keys, as `rowKey` writes them. */
export interface Difference {
  added: readonly string[];
  changed: readonly string[];
  removed: readonly string[];
}

/** What a comparison needs to know of the rows, and how much it may hold. */
export interface Comparison {
  encodings: readonly Encoding[];
  /** The indexes of the primary key's columns among the fields. */
  keyFields: readonly number[];
  /** Gets each changed row as archived and as it is now. */
  onChanged?: ((archived: Row, now: Row) => void) | undefined;
  /** The most characters of keys that came which are kept; beyond that they are counted. Default: no limit. */
  keyBytesAtMost?: number | undefined;
}

/** How one chunk's rows differ. */
export interface ChunkDifference extends Difference {
  /** Rows that came beyond those of `added`, which are the first few then. */
  more: number;
}

/** Keys that are still named of rows that are only counted. */
const named = 3;

/** Compares archived rows with the rows of now by primary key, a page of these at a time. Both have the same columns. */
export class RowComparison {
  readonly #before = new Map<string, Row>();
  readonly #added: string[] = [];
  readonly #changed: string[] = [];
  #addedBytes = 0;
  #more = 0;

  /** @throws MalformedCsv */
  constructor(
    archived: Buffer,
    readonly comparison: Comparison,
  ) {
    for (const row of readRows(archived, comparison.encodings))
      this.#before.set(rowKey(row, comparison.keyFields), row);
  }

  /** @throws MalformedCsv */
  add(page: Buffer): void {
    const { encodings, keyFields, onChanged } = this.comparison;
    for (const row of readRows(page, encodings)) {
      const key = rowKey(row, keyFields);
      const old = this.#before.get(key);
      if (!old) this.#came(key);
      else if (row.some((value, field) => !sameValue(value, old[field] ?? null))) {
        this.#changed.push(key);
        onChanged?.(old, row);
      }
      this.#before.delete(key);
    }
  }

  end(): ChunkDifference {
    return { added: this.#added, changed: this.#changed, removed: [...this.#before.keys()], more: this.#more };
  }

  #came(key: string): void {
    this.#addedBytes += key.length;
    if (this.#more === 0 && this.#addedBytes <= (this.comparison.keyBytesAtMost ?? Number.POSITIVE_INFINITY)) {
      this.#added.push(key);
      return;
    }
    if (this.#added.length > named) this.#more += this.#added.splice(named).length;
    this.#more++;
  }
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
  const examples = keys.slice(0, 3).map((key) =>
    key
      .split(',')
      .map((hex) => Buffer.from(hex, 'hex').toString('utf8'))
      .join('/'),
  );
  return `${examples.join(', ')}${keys.length > 3 ? ', …' : ''}`;
}

/**
 * `3 rows changed (88121233, 88121240, 88121391), 1 row added (7)`
 * @param unnamed rows beyond those whose keys are given
 */
export function describeDifference(
  difference: Difference,
  unnamed: { readonly added?: number; readonly changed?: number } = {},
): string {
  const more = { added: 0, changed: 0, removed: 0, ...unnamed };
  const counts = (['changed', 'added', 'removed'] as const)
    .filter((what) => difference[what].length > 0)
    .map((what) => {
      const keys = difference[what];
      const rows = keys.length + more[what];
      return `${rows} ${rows === 1 ? 'row' : 'rows'} ${what} (${firstKeys(keys)}${rows > keys.length && keys.length <= 3 ? ', …' : ''})`;
    });
  return counts.join(', ') || 'no row differs by now';
}
