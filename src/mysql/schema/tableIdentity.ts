import type { TableName } from '../../model/tableName.ts';
import type { Session } from '../session/session.ts';

/** What exists under a table's name. It is read before anything else about the table. */
export interface TableIdentity {
  /** The name as the policy spells it. */
  requested: TableName;
  /** As the server's catalogue spells it; null where nothing of that name is visible. */
  name: TableName | null;
  /** BASE TABLE, VIEW, SYSTEM VIEW; on MariaDB SEQUENCE, SYSTEM VERSIONED, TEMPORARY too. */
  type: string | null;
  /** The engine of the table and of each of its native partitions, because both servers refuse a mix. */
  engine: string | null;
  /** `lower_case_table_names`: 0 where two spellings are two tables. */
  lowerCase: number;
  /** If no such table is visible: the tables that are, in schemas whose names differ at most in upper and lower case. */
  visible: readonly TableName[];
}

/** Takes the catalogue's spelling here, once, because everything that is read later compares names by their bytes. */
export async function readTableIdentity(session: Session, requested: TableName): Promise<TableIdentity> {
  const [server] = await session.rows('SELECT @@lower_case_table_names AS lowerCase');
  const lowerCase = Number(server?.lowerCase);
  const lower = (name: string) => (lowerCase > 0 ? name.toLowerCase() : name);
  const rows = await session.rows(
    `SELECT TABLE_SCHEMA AS databaseName, TABLE_NAME AS tableName, TABLE_TYPE AS type, ENGINE AS engine
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
    // With 1 the catalogue has lower-case names only; with 2 it compares names without case.
    lowerCase === 1 ? [lower(requested.database), lower(requested.table)] : [requested.database, requested.table],
  );
  const row = rows.find(
    (each) =>
      lower(String(each.databaseName)) === lower(requested.database) &&
      lower(String(each.tableName)) === lower(requested.table),
  );
  if (!row)
    return {
      requested,
      name: null,
      type: null,
      engine: null,
      lowerCase,
      visible: await visibleBeside(session, requested),
    };
  return {
    requested,
    name: { database: String(row.databaseName), table: String(row.tableName) },
    type: String(row.type),
    engine: row.engine ?? null,
    lowerCase,
    visible: [],
  };
}

async function visibleBeside(session: Session, { database }: TableName): Promise<TableName[]> {
  const rows = await session.rows(
    `SELECT TABLE_SCHEMA AS databaseName, TABLE_NAME AS tableName FROM information_schema.TABLES
     WHERE LOWER(TABLE_SCHEMA) = LOWER(?) LIMIT 1000`,
    [database],
  );
  return rows.map((row) => ({ database: String(row.databaseName), table: String(row.tableName) }));
}
