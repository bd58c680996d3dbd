import type { Column } from '../archive/column.ts';
import { identifier } from '../mysql/quote.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Ledger } from './ledger.ts';

/**
 * The table's columns in file order: in the order they were first seen, for ever. New ones come last and are recorded,
 * a dropped one keeps its place. Safe twice and at once.
 */
export async function withFileColumns(ledger: Ledger, schema: TableSchema): Promise<TableSchema> {
  const table = `${identifier(ledger.name)}.columns`;
  const place = [schema.database, schema.table];
  for (;;) {
    const rows = await ledger.session.rows(
      `SELECT column_name, body FROM ${table} WHERE database_name = ? AND table_name = ? ORDER BY position`,
      place,
    );
    const live = new Map(schema.columns.map((column) => [column.name, column]));
    const recorded = rows.map((row): Column => {
      const column = live.get(String(row.column_name));
      return column ?? { ...(JSON.parse(String(row.body)) as Column), dropped: true };
    });
    const known = new Set(recorded.map((column) => column.name));
    const fresh = schema.columns.filter((column) => !known.has(column.name));
    for (const [index, row] of rows.entries()) {
      const body = JSON.stringify({ ...recorded[index], dropped: undefined });
      if (body !== row.body)
        await ledger.session.execute(
          `UPDATE ${table} SET body = ? WHERE database_name = ? AND table_name = ? AND position = ?`,
          [body, ...place, index],
        );
    }
    if (fresh.length === 0) return { ...schema, columns: recorded };
    // Should another take the same place at once, the next look finds it there.
    for (const [index, column] of fresh.entries())
      await ledger.session.execute(
        `INSERT INTO ${table} (database_name, table_name, position, column_name, body) VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE position = position`,
        [...place, recorded.length + index, column.name, JSON.stringify(column)],
      );
  }
}

/** Gives a table whose ledger was lost the places of its columns that its files have. */
export async function recordFileColumns(
  ledger: Ledger,
  { database, table }: Pick<TableSchema, 'database' | 'table'>,
  columns: readonly Column[],
): Promise<void> {
  for (const [position, column] of columns.entries())
    await ledger.session.execute(
      `INSERT INTO ${identifier(ledger.name)}.columns (database_name, table_name, position, column_name, body) VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE position = position`,
      [database, table, position, column.name, JSON.stringify(column)],
    );
}
