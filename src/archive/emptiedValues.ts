import type { Row } from './difference.ts';

/** What an ALTER may have written into a column's rows. Each by the column's place in the file. */
export interface AlteredColumns {
  /** What a row that was there before its column has in it. */
  defaults: ReadonlyMap<number, string>;
  /** Columns that the server fills with computed values in such rows: one for all of them, or one for each. */
  computed: ReadonlyMap<number, 'once' | 'each'>;
  /** Columns of another type than when the day was archived: those of exact numbers and times, and all others. */
  retyped: ReadonlyMap<number, 'exact' | 'other'>;
}

/** A column of a part whose archived values the table has no more. */
export interface EmptiedColumn {
  /** Its place in the file. */
  field: number;
  rows: number;
  how: 'emptied' | 'computed' | 'retyped';
  /** The present value, or of several the first; null for NULL. */
  now: string | null;
}

/**
 * Counts, column by column, the rows whose archived value an ALTER may have overwritten. After DROP COLUMN c, ADD COLUMN c
 * the table's definition may be as it was, and c is NULL, has its default, or what the server computes. After MODIFY c
 * values may be cut, rounded or moved to another zone.
 */
export class EmptiedValues {
  readonly #found = new Map<string, EmptiedColumn>();

  constructor(readonly altered: AlteredColumns) {}

  add(archived: Row, now: Row): void {
    for (const [field, before] of archived.entries()) {
      const value = now[field] ?? null;
      if (before === null || value?.equals(before)) continue;
      if (value === null) this.#count(field, 'emptied', null);
      else this.#addValue(field, before, value.toString('utf8'));
    }
  }

  #addValue(field: number, before: Buffer, now: string): void {
    const { defaults, computed, retyped } = this.altered;
    const how = computed.get(field);
    const type = retyped.get(field);
    if (now === defaults.get(field)) this.#count(field, 'emptied', now);
    else if (how === 'each') this.#count(field, 'computed', now);
    else if (how === 'once' && now === (this.#found.get(`computed ${field}`)?.now ?? now))
      this.#count(field, 'computed', now);
    else if (type && isLoss(before.toString('utf8'), now, type)) this.#count(field, 'retyped', now);
  }

  #count(field: number, how: EmptiedColumn['how'], now: string | null): void {
    const key = now === null ? `null ${field}` : `${how} ${field}`;
    const found = this.#found.get(key) ?? { field, rows: 0, how, now };
    found.rows++;
    this.#found.set(key, found);
  }

  /** The column with the most. */
  get worst(): EmptiedColumn | undefined {
    return [...this.#found.values()].sort((one, other) => other.rows - one.rows)[0];
  }
}

/** Whether a value has lost something by its column's new type, and isn't only printed with more or fewer zeros. */
function isLoss(before: string, now: string, type: 'exact' | 'other'): boolean {
  if (type === 'other') return now.length < before.length;
  return bare(before) !== bare(now);
}

/** A number or a time without what says nothing: 1.50 and 1.5, 2026-01-05 00:00:00.000 and 2026-01-05. */
function bare(text: string): string {
  return text
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
    .replace(/ 00:00:00$/, '');
}
