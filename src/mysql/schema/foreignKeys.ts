import type { Day } from '../../model/day.ts';
import { formatTableName, type TableName, tableArgument } from '../../model/tableName.ts';
import { isRowReferredTo } from '../errors.ts';
import { literal } from '../quote.ts';
import type { Flavor, Session } from '../session/session.ts';

/** A foreign key that deletes or changes rows when rows of a table are deleted, directly or through other tables. */
export interface ActingForeignKey {
  child: TableName;
  rule: 'CASCADE' | 'SET NULL';
  /** The tables in between, the nearest to the deleted rows first; empty for a key on the table itself. */
  through: readonly TableName[];
}

/** A foreign key that forbids the delete of a row that another one refers to. */
export interface ForbiddingForeignKey {
  constraint: string;
  child: TableName;
}

/** Other rows refer to rows that are due. MySQL deletes none of these until the referring rows are gone, so retrying can't help. */
export class RowsReferredTo extends Error {
  override readonly name = 'RowsReferredTo';
  /** The command by which it goes on. */
  readonly command: string;
  constructor(
    readonly parent: TableName,
    readonly day: Day,
    /** The foreign keys that the server named, or, if it names none to this user, all that forbid a delete. */
    readonly keys: readonly ForbiddingForeignKey[],
    options: ErrorOptions,
  ) {
    const references = keys.map(
      ({ constraint, child }) => `${formatTableName(child)} by its foreign key ${constraint}`,
    );
    const command = `sediment heal ${tableArgument(parent)} --day ${day}`;
    super(
      `${formatTableName(parent)} ${day}: rows that are due are referred to from ` +
        `${references.join(' or ') || 'a table that this user may not see'}: MySQL refused the delete, and nothing of ` +
        'that transaction is deleted. Delete or purge the rows that refer to them first (a shorter retention ' +
        `there), or drop the key; then: ${command}`,
      options,
    );
    this.command = command;
  }
}

/** Turns error 1451, or 1217 if the user may not see the child table, into a `ReferringRows` with the keys' names; returns any other error as it is. */
export async function namingForeignKeys(
  session: Session,
  parent: TableName,
  day: Day,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Error && isRowReferredTo(error))) return error;
  const keys = await forbiddingForeignKeys(session, parent).catch(() => []);
  const named = keys.filter(({ constraint }) => error.message.includes(`\`${constraint}\``));
  return new RowsReferredTo(parent, day, named.length > 0 ? named : keys, { cause: error });
}

/** The foreign keys that forbid a delete, also those of the table on itself. */
export async function forbiddingForeignKeys(session: Session, parent: TableName): Promise<ForbiddingForeignKey[]> {
  const rows = await session.rows(foreignKeyList(session.flavor, 'TYPE & 3 = 0', parent));
  return rows.map((row) => ({ constraint: String(row.constraintName), child: childOf(row) }));
}

/** Bits of InnoDB's TYPE: what a key does when a row that it refers to is deleted, or updated. */
const deleteCascades = 1;
const deleteActs = 3;
const updateActs = 12;

/**
 * Every foreign key that acts when rows of the table are deleted: those on it, those on the tables that these
 * delete rows of, and so on. Read from InnoDB's own list, because information_schema's REFERENTIAL_CONSTRAINTS hides
 * tables that the user has no right to (pitfall P48: a cascade that can't be seen). On MariaDB that view also
 * opens every table of the server, and a 10.11.18 crashed while it was read.
 *
 * @throws the server's error if the user has no PROCESS
 */
export async function actingForeignKeys(session: Session, parent: TableName): Promise<ActingForeignKey[]> {
  const found: ActingForeignKey[] = [];
  const seen = new Set<string>();
  const open: { table: TableName; bits: number; through: TableName[] }[] = [
    { table: parent, bits: deleteActs, through: [] },
  ];
  for (let at = open.shift(); at; at = open.shift()) {
    const rows = await session.rows(foreignKeyList(session.flavor, `TYPE & ${at.bits} > 0`, at.table));
    for (const row of rows) {
      const child = childOf(row);
      // A SET NULL changes the child's column, on which an ON UPDATE may act.
      const cascades = at.bits === deleteActs && (Number(row.type) & deleteCascades) > 0;
      const pair = JSON.stringify([child, cascades]);
      if (seen.has(pair)) continue;
      seen.add(pair);
      found.push({ child, rule: cascades ? 'CASCADE' : 'SET NULL', through: at.through });
      open.push({ table: child, bits: cascades ? deleteActs : updateActs, through: [...at.through, child] });
    }
  }
  return found;
}

function childOf(row: Record<string, string | null>): TableName {
  return { database: String(row.childDatabase), table: String(row.childTable) };
}

/** InnoDB's foreign keys on a table. */
function foreignKeyList(flavor: Flavor, condition: string, table: TableName): string {
  const { view, nameOf } = innodbForeignKeys(flavor);
  return `SELECT SUBSTR(ID, INSTR(ID, '/') + 1) AS constraintName, ${nameOf('FOR_NAME', 1)} AS childDatabase,
    ${nameOf('FOR_NAME', 2)} AS childTable, TYPE AS type
  FROM ${view} WHERE ${condition} AND ${refersToAny(flavor, [table])}`;
}

/**
 * Whether a row of InnoDB's list refers to one of the tables, as SQL. On MySQL the two names are compared as one, because
 * a name may hold a slash. MySQL builds its whole list for each query (11 ms for 2,000 keys, whatever the WHERE);
 * REFERENTIAL_CONSTRAINTS has an index and takes half a millisecond, but hides the tables that the user has no right to.
 */
export function refersToAny(flavor: Flavor, tables: readonly TableName[]): string {
  if (flavor === 'mysql') {
    const names = tables.map(({ database, table }) => literal(`${database}/${table}`)).join(', ');
    return `CONVERT(REF_NAME USING utf8mb4) COLLATE utf8mb4_bin IN (${names})`;
  }
  const { nameOf } = innodbForeignKeys(flavor);
  const each = tables.map(
    ({ database, table }) =>
      `(${nameOf('REF_NAME', 1)} COLLATE utf8mb4_bin = ${literal(database)} ` +
      `AND ${nameOf('REF_NAME', 2)} COLLATE utf8mb4_bin = ${literal(table)})`,
  );
  return `(${each.join(' OR ')})`;
}

/** InnoDB's list of foreign keys: names as `db/table`, on MariaDB as its files have them (`a@002eb`). */
export function innodbForeignKeys(flavor: Flavor): { view: string; nameOf(column: string, part: 1 | 2): string } {
  if (flavor === 'mysql')
    return {
      view: 'information_schema.INNODB_FOREIGN',
      nameOf: (column, part) =>
        `CONVERT(${part === 1 ? `SUBSTRING_INDEX(${column}, '/', 1)` : `SUBSTR(${column}, INSTR(${column}, '/') + 1)`} USING utf8mb4)`,
    };
  return {
    view: 'information_schema.INNODB_SYS_FOREIGN',
    nameOf: (column, part) =>
      `CONVERT(CONVERT(CAST(SUBSTRING_INDEX(${column}, '/', ${part === 1 ? 1 : -1}) AS BINARY) USING filename) USING utf8mb4)`,
  };
}
