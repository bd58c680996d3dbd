import { type Column, encodingOf } from '../../archive/column.ts';
import { identifier } from '../../mysql/quote.ts';
import type { TableSchema } from '../../mysql/schema/tableSchema.ts';
import type { Ledger } from '../ledger.ts';

/** A column of the files, as the ledger recorded it. Its index is its position in each row of the files. */
interface RecordedColumn {
  name: string;
  body: string;
  column: Column;
}

/**
 * The table's columns in file order, which is the order in which they were first seen. New ones come last and are recorded;
 * a dropped one keeps its position. A column whose new type is written in another encoding gets a new position, and its old
 * one counts as dropped, because a position never changes its encoding. Safe to repeat and to run twice at once.
 */
export async function withFileColumns(ledger: Ledger, schema: TableSchema): Promise<TableSchema> {
  for (;;) {
    const recorded = await readRecorded(ledger, schema);
    const live = new Map(schema.columns.map((column) => [column.name, column]));
    const retyped = recorded.findIndex(({ name, column }) => {
      const now = live.get(name);
      return now !== undefined && encodingOf(now) !== encodingOf(column);
    });
    if (retyped >= 0) {
      await retire(ledger, schema, recorded, retyped);
      continue;
    }
    const columns = recorded.map(({ name, column }): Column => live.get(name) ?? { ...column, dropped: true });
    for (const [position, column] of columns.entries()) {
      const body = JSON.stringify({ ...column, dropped: undefined });
      if (body !== recorded[position]?.body) await update(ledger, schema, position, { name: column.name, body });
    }
    const known = new Set(recorded.map(({ name }) => name));
    const fresh = schema.columns.filter((column) => !known.has(column.name));
    if (fresh.length === 0) return { ...schema, columns };
    // If another worker takes the same position at the same time, the next read finds it.
    for (const [index, column] of fresh.entries()) await insert(ledger, schema, recorded.length + index, column);
  }
}

async function readRecorded(
  ledger: Ledger,
  { database, table }: Pick<TableSchema, 'database' | 'table'>,
): Promise<RecordedColumn[]> {
  const rows = await ledger.session.rows(
    `SELECT column_name, body FROM ${identifier(ledger.name)}.columns WHERE database_name = ? AND table_name = ? ORDER BY position`,
    [database, table],
  );
  return rows.map(({ column_name: name, body }) => ({
    name: String(name),
    body: String(body),
    column: JSON.parse(String(body)) as Column,
  }));
}

/** Renames the old position of a column that moves: to the one that it once had in this encoding, else to a new one. */
async function retire(
  ledger: Ledger,
  schema: TableSchema,
  recorded: readonly RecordedColumn[],
  position: number,
): Promise<void> {
  const old = recorded[position];
  const now = schema.columns.find(({ name }) => name === old?.name);
  if (!old || !now) return;
  const name = retiredName(old, new Set([...recorded, ...schema.columns].map((each) => each.name)));
  const body = JSON.stringify({ ...old.column, name, formerly: old.name });
  await update(ledger, schema, position, { name, body });
  const before = recorded.findIndex(
    ({ column }) => column.formerly === now.name && encodingOf(column) === encodingOf(now),
  );
  if (before >= 0) await update(ledger, schema, before, { name: now.name, body: JSON.stringify(now) });
}

/** At most 64 characters, and unlike every other column's name. */
function retiredName({ name, column }: RecordedColumn, taken: ReadonlySet<string>): string {
  const base = `${[...name].slice(0, 40).join('')}__${column.dataType}`;
  let retired = base;
  for (let number = 2; taken.has(retired); number++) retired = `${base}_${number}`;
  return retired;
}

async function update(
  ledger: Ledger,
  { database, table }: Pick<TableSchema, 'database' | 'table'>,
  position: number,
  { name, body }: Pick<RecordedColumn, 'name' | 'body'>,
): Promise<void> {
  await ledger.session.execute(
    `UPDATE ${identifier(ledger.name)}.columns SET column_name = ?, body = ? WHERE database_name = ? AND table_name = ? AND position = ?`,
    [name, body, database, table, position],
  );
}

async function insert(
  ledger: Ledger,
  { database, table }: Pick<TableSchema, 'database' | 'table'>,
  position: number,
  column: Column,
): Promise<void> {
  await ledger.session.execute(
    `INSERT INTO ${identifier(ledger.name)}.columns (database_name, table_name, position, column_name, body)
      VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE position = position`,
    [database, table, position, column.name, JSON.stringify(column)],
  );
}

/** Records the columns' positions as a table's files have them, after its ledger was lost. */
export async function recordFileColumns(
  ledger: Ledger,
  table: Pick<TableSchema, 'database' | 'table'>,
  columns: readonly Column[],
): Promise<void> {
  for (const [position, column] of columns.entries()) await insert(ledger, table, position, column);
}
