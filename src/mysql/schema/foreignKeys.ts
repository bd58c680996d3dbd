import type { Day } from '../../model/day.ts';
import { formatTableName, type TableName, tableArgument } from '../../model/tableName.ts';
import type { Session } from '../session.ts';

/** A foreign key that deletes or changes rows with those of the table it refers to. */
export interface ActingForeignKey {
  child: TableName;
  rule: 'CASCADE' | 'SET NULL';
}

/** A foreign key that forbids the delete of a row that another one refers to. */
export interface ForbiddingForeignKey {
  constraint: string;
  child: TableName;
}

/** Rows that are due are referred to by others: MySQL deletes none of them until those are gone, however often it is asked. */
export class RowsReferredTo extends Error {
  override readonly name = 'RowsReferredTo';
  constructor(
    readonly parent: TableName,
    readonly day: Day,
    /** Those that the server named; all that forbid a delete where it names none to this user. */
    readonly keys: readonly ForbiddingForeignKey[],
    options: ErrorOptions,
  ) {
    const shown = keys.map(({ constraint, child }) => `${formatTableName(child)} by its foreign key ${constraint}`);
    super(
      `${formatTableName(parent)} ${day}: rows that are due are referred to from ${shown.join(' or ') || 'a table that this user may not see'}: MySQL refused the delete, and nothing of that transaction is deleted. Delete or purge the rows that refer to them first (a shorter retention there), or drop the key; then: sediment heal ${tableArgument(parent)} --day ${day}`,
      options,
    );
  }
}

/** 1451, or 1217 where the user may not see the child: a finding for a person, with the keys' names; any other error as it is. */
export async function namingForeignKeys(
  session: Session,
  parent: TableName,
  day: Day,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Error && 'errno' in error && (error.errno === 1451 || error.errno === 1217))) return error;
  const keys = await forbiddingForeignKeys(session, parent).catch(() => []);
  const named = keys.filter(({ constraint }) => error.message.includes(`\`${constraint}\``));
  return new RowsReferredTo(parent, day, named.length > 0 ? named : keys, { cause: error });
}

async function forbiddingForeignKeys(session: Session, parent: TableName): Promise<ForbiddingForeignKey[]> {
  const rows = await session.rows(listOf(session, '= 0'), [parent.database, parent.table]);
  return rows.map((row) => ({
    constraint: String(row.constraintName),
    child: { database: String(row.childDatabase), table: String(row.childTable) },
  }));
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
    const rows = await session.rows(listOf(session, '> 0'), [parent.database, parent.table]);
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

/** Foreign keys on a table by what their ON DELETE does: 0 forbids, more acts. */
function listOf({ flavor }: Session, action: '= 0' | '> 0'): string {
  return flavor === 'mysql' ? mysqlList(action) : mariadbList(action);
}

const constraintName = "SUBSTR(ID, INSTR(ID, '/') + 1) AS constraintName";

function mysqlList(action: string): string {
  return `SELECT ${constraintName}, SUBSTRING_INDEX(FOR_NAME, '/', 1) AS childDatabase, SUBSTR(FOR_NAME, INSTR(FOR_NAME, '/') + 1) AS childTable, TYPE & 3 AS action
  FROM information_schema.INNODB_FOREIGN WHERE REF_NAME = CONCAT(?, '/', ?) AND TYPE & 3 ${action}`;
}

/** MariaDB's list has names as its files do: `a@002eb`. */
function fileName(column: string, part: 1 | -1): string {
  return `CONVERT(CONVERT(CAST(SUBSTRING_INDEX(${column}, '/', ${part}) AS BINARY) USING filename) USING utf8mb4)`;
}

function mariadbList(action: string): string {
  return `SELECT ${constraintName}, ${fileName('FOR_NAME', 1)} AS childDatabase, ${fileName('FOR_NAME', -1)} AS childTable, TYPE & 3 AS action
  FROM information_schema.INNODB_SYS_FOREIGN WHERE TYPE & 3 ${action}
    AND ${fileName('REF_NAME', 1)} COLLATE utf8mb4_bin = ? AND ${fileName('REF_NAME', -1)} COLLATE utf8mb4_bin = ?`;
}
