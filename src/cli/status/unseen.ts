import { formatTableName, type TableName } from '../../model/tableName.ts';
import type { Session } from '../../mysql/session/session.ts';

/**
 * The tables, as `db.table`, that MySQL doesn't show this user: renamed, dropped, or without a right to them. What the
 * ledger says of such a table may be all that is left of it.
 */
export async function readUnseen(session: Session, tables: readonly TableName[]): Promise<Set<string>> {
  if (tables.length === 0) return new Set();
  const [server] = await session.rows('SELECT @@lower_case_table_names AS lowerCase');
  const asCompared = (name: string) => (Number(server?.lowerCase) > 0 ? name.toLowerCase() : name);
  // Names alone, so that no table is opened, which would wait for an ALTER TABLE.
  const visible = await session.rows(
    `SELECT TABLE_SCHEMA AS databaseName, TABLE_NAME AS tableName FROM information_schema.TABLES
     WHERE TABLE_SCHEMA IN (${placeholders(tables)}) AND TABLE_NAME IN (${placeholders(tables)})`,
    [...tables.map(({ database }) => asCompared(database)), ...tables.map(({ table }) => asCompared(table))],
  );
  const seen = new Set(
    visible.map((row) =>
      asCompared(formatTableName({ database: String(row.databaseName), table: String(row.tableName) })),
    ),
  );
  return new Set(tables.map(formatTableName).filter((name) => !seen.has(asCompared(name))));
}

function placeholders(of: readonly unknown[]): string {
  return of.map(() => '?').join(', ');
}
