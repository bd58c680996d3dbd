import type { TableName } from '../archive/tableName.ts';
import type { Session } from './session.ts';

/** A foreign key that deletes or changes rows with those of the table it refers to. */
export interface ActingForeignKey {
  child: TableName;
  rule: 'CASCADE' | 'SET NULL';
}

/**
 * The foreign keys on a table whose ON DELETE acts, from InnoDB's own list: complete, where information_schema's
 * REFERENTIAL_CONSTRAINTS hides the tables that the user has no right to (P48). That view isn't asked on MariaDB for
 * another reason too: it opens every table of the server, and was being read when a 10.11.18 died of a null pointer.
 *
 * @returns null where the user may not ask: it takes PROCESS
 */
export async function actingForeignKeys(session: Session, parent: TableName): Promise<ActingForeignKey[] | null> {
  try {
    const rows = await session.rows(session.flavor === 'mysql' ? mysqlList : mariadbList, [
      parent.database,
      parent.table,
    ]);
    return rows.map((row) => ({
      child: { database: String(row.childDatabase), table: String(row.childTable) },
      // 1: ON DELETE CASCADE, 2: ON DELETE SET NULL.
      rule: Number(row.action) === 1 ? 'CASCADE' : 'SET NULL',
    }));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ER_SPECIFIC_ACCESS_DENIED_ERROR') return null;
    throw error;
  }
}

const mysqlList = `SELECT SUBSTRING_INDEX(FOR_NAME, '/', 1) AS childDatabase, SUBSTR(FOR_NAME, INSTR(FOR_NAME, '/') + 1) AS childTable, TYPE & 3 AS action
  FROM information_schema.INNODB_FOREIGN WHERE REF_NAME = CONCAT(?, '/', ?) AND TYPE & 3 > 0`;

/** MariaDB's list has names as its files do: `a@002eb`. */
function fileName(column: string, part: 1 | -1): string {
  return `CONVERT(CONVERT(CAST(SUBSTRING_INDEX(${column}, '/', ${part}) AS BINARY) USING filename) USING utf8mb4)`;
}

const mariadbList = `SELECT ${fileName('FOR_NAME', 1)} AS childDatabase, ${fileName('FOR_NAME', -1)} AS childTable, TYPE & 3 AS action
  FROM information_schema.INNODB_SYS_FOREIGN WHERE TYPE & 3 > 0
    AND ${fileName('REF_NAME', 1)} COLLATE utf8mb4_bin = ? AND ${fileName('REF_NAME', -1)} COLLATE utf8mb4_bin = ?`;
