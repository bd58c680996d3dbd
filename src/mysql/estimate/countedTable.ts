import type { DayWindow } from '../../model/day.ts';
import { predicate } from '../predicate.ts';
import { identifier } from '../quote.ts';
import { indexedTable, type TableSchema } from '../schema/tableSchema.ts';
import type { Session } from '../session/session.ts';
import { estimateRange } from './rangeEstimate.ts';

/** Some adjacent days, and how many rows they have. */
export interface Rows {
  window: DayWindow;
  rows: number;
}

export function sumOf(groups: readonly Rows[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

/** One table's rows by its index. */
export class CountedTable {
  readonly #estimates = new Map<string, number>();

  constructor(
    readonly session: Session,
    readonly schema: TableSchema,
  ) {}

  /** The rows of a range; where there are more than `atMost`, the time of the row behind so many. */
  async count(window: DayWindow, atMost: number): Promise<number | { behind: string }> {
    const where = `FROM ${indexedTable(this.schema)} WHERE ${predicate({ schema: this.schema, window }, undefined, undefined)}`;
    const time = identifier(this.schema.timeColumn.name);
    const [more] = await this.session.rows(
      `SELECT ${time} AS behind ${where} ORDER BY ${time} LIMIT 1 OFFSET ${Math.max(1, Math.floor(atMost))}`,
    );
    if (more?.behind) return { behind: more.behind };
    const [row] = await this.session.rows(`SELECT COUNT(*) AS number ${where}`);
    return Number(row?.number);
  }

  /** The optimizer's estimate of a range, asked for once. */
  async optimizer(window: DayWindow): Promise<number> {
    const range = `${window.start} ${window.end}`;
    const known = this.#estimates.get(range);
    if (known !== undefined) return known;
    const { rows } = await estimateRange(this.session, this.schema, window);
    this.#estimates.set(range, rows);
    return rows;
  }
}

/** The time at a share of a window, as its column writes it. */
export function timeAt({ start, end }: DayWindow, share: number): string {
  const between = (from: number, to: number) => from + share * (to - from);
  if (/^\d+$/.test(start)) return String(Math.floor(between(Number(start), Number(end))));
  const [from, to] = [start, end].map((time) =>
    Date.parse(`${time.slice(0, 19).replace(' ', 'T')}${time.length > 10 ? 'Z' : ''}`),
  );
  const at = between(from ?? Number.NaN, to ?? Number.NaN);
  return Number.isNaN(at) ? start : new Date(at).toISOString().replace('T', ' ').slice(0, Math.min(19, start.length));
}
