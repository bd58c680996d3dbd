import type { DayWindow } from '../../model/day.ts';
import { cursorLiteral } from '../expressions.ts';
import { predicate } from '../predicate.ts';
import { qualified } from '../quote.ts';
import { indexedTable, type TableSchema } from '../schema/tableSchema.ts';
import type { Session } from '../session/session.ts';

/** The optimizer's answer about a range of days. */
export interface RangeEstimate {
  /** EXPLAIN's access type: `range` if the index is used as it should be; null if the optimizer knows that there is no row. */
  access: string | null;
  index: string | null;
  /** A guess from the index, not a count. */
  rows: number;
}

/** Asks the optimizer by EXPLAIN, which reads no rows and is quick on any table. */
export async function estimateRange(session: Session, schema: TableSchema, window: DayWindow): Promise<RangeEstimate> {
  const [row] = await session.rows(
    `EXPLAIN FORMAT=TRADITIONAL SELECT COUNT(*) FROM ${indexedTable(schema)} WHERE ${predicate({ schema, window }, undefined, undefined)}`,
  );
  return { access: row?.type ?? null, index: row?.key ?? null, rows: Number(row?.rows ?? 0) };
}

/** The optimizer's estimate of all of a table's rows. */
export async function estimateRows(session: Session, { database, table }: TableSchema): Promise<number> {
  const [row] = await session.rows(`EXPLAIN FORMAT=TRADITIONAL SELECT COUNT(*) FROM ${qualified(database, table)}`);
  return Number(row?.rows ?? 0);
}

/** The statement that the purge runs per chunk, without the chunk's cursors. */
export function deleteStatement(schema: TableSchema, window: DayWindow): string {
  const time = schema.timeColumn;
  const literals = { start: cursorLiteral(time, window.start), end: cursorLiteral(time, window.end) };
  return (
    `DELETE FROM ${qualified(schema.database, schema.table)} WHERE \`${time.name}\` >= ${literals.start} AND \`${time.name}\` < ${literals.end} AND ` +
    "… the chunk's cursors"
  );
}
