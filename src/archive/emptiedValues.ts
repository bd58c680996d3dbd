import type { Row } from './difference.ts';

/** A column of a part whose archived values the table has no more. */
export interface EmptiedColumn {
  /** Its place in the file. */
  field: number;
  rows: number;
  /** The present value; null for NULL. */
  now: string | null;
}

/**
 * Counts, column by column, the rows whose archived value has become NULL, or what a new column has by default: as after
 * DROP COLUMN c, ADD COLUMN c, which leaves a table's definition as it was.
 */
export class EmptiedValues {
  readonly #nulls = new Map<number, number>();
  readonly #defaults = new Map<number, number>();

  /** @param defaults of each place in the file the value that a row without one gets, where that is known */
  constructor(readonly defaults: ReadonlyMap<number, string>) {}

  add(archived: Row, now: Row): void {
    for (const [field, before] of archived.entries()) {
      if (before === null) continue;
      const value = now[field] ?? null;
      if (value === null) this.#nulls.set(field, (this.#nulls.get(field) ?? 0) + 1);
      else if (!value.equals(before) && value.toString('utf8') === this.defaults.get(field))
        this.#defaults.set(field, (this.#defaults.get(field) ?? 0) + 1);
    }
  }

  /** The column with the most. */
  get worst(): EmptiedColumn | undefined {
    const nulls = [...this.#nulls].map(([field, rows]): EmptiedColumn => ({ field, rows, now: null }));
    const defaults = [...this.#defaults].map(([field, rows]): EmptiedColumn => {
      return { field, rows, now: this.defaults.get(field) ?? '' };
    });
    return [...nulls, ...defaults].sort((one, other) => other.rows - one.rows)[0];
  }
}
