import { createHash } from 'node:crypto';
import { type Column, encodingOf } from '../../archive/column.ts';
import { formatTableName, type TableName } from '../../model/tableName.ts';
import { identifier, qualified } from '../quote.ts';
import type { Session } from '../session.ts';
import { actingForeignKeys } from './foreignKeys.ts';
import { hiddenTriggers } from './triggers.ts';

/** A table as the export and the purge see it. */
export interface TableSchema {
  database: string;
  table: string;
  /** In file order once `withFileColumns` has seen them, dropped ones too; as the table has them before. */
  columns: Column[];
  timeColumn: Column;
  primaryKey: Column[];
  /** The time column, then the primary key's columns that aren't it: what a cursor holds. */
  cursorColumns: Column[];
  /** The index that every range statement is forced onto. */
  index: string;
  ddl: string;
  ddlHash: string;
  /** SHA-256 over the columns' definitions, as the purge procedure computes it under the metadata lock. */
  fingerprint: string;
}

/** The table as every range statement names it: on the one index, under an alias where a DELETE needs it. */
export function indexedTable(schema: TableSchema, alias = ''): string {
  return `${qualified(schema.database, schema.table)} ${alias} FORCE INDEX (${identifier(schema.index)})`;
}

/** A safety rule that refuses a table before anything is touched. */
export class TableRefused extends Error {
  override readonly name = 'TableRefused';
  constructor(
    readonly table: string,
    readonly reason: string,
  ) {
    super(`${table} refused: ${reason}`);
  }
}

export interface AllowedRules {
  allowTriggers?: readonly string[] | undefined;
  allowCascade?: readonly string[] | undefined;
}

/** The fingerprint's SQL; the names come as the given expressions, so that a procedure can pass literals. */
export function fingerprintQuery(database: string, table: string): string {
  return `SELECT SHA2(GROUP_CONCAT(CONCAT_WS(CHAR(31), COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, IFNULL(COLLATION_NAME, ''), IFNULL(EXTRA, ''), IFNULL(GENERATION_EXPRESSION, '')) ORDER BY ORDINAL_POSITION SEPARATOR '\\n'), 256) AS fingerprint FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${database} AND TABLE_NAME = ${table}`;
}

/**
 * Reads a table's definition from the server's own catalogue, never from the DDL's text (P23), and refuses what can't be purged safely.
 * @throws TableRefused, UnknownColumnType
 */
export async function readTableSchema(
  session: Session,
  name: { database: string; table: string },
  timeColumnName: string,
  allowed: AllowedRules = {},
): Promise<TableSchema> {
  const { database, table } = name;
  const shown = formatTableName(name);
  const columns = await readColumns(session, database, table);
  if (columns.length === 0) throw new TableRefused(shown, 'there is no such table, or no right to read it');
  for (const column of columns) encodingOf(column);
  const indexes = await readIndexes(session, database, table);
  const primary = indexes.get('PRIMARY');
  if (!primary) throw new TableRefused(shown, 'it has no primary key, so its rows can’t be told apart; add one');
  const byName = (wanted: string): Column => {
    const column = columns.find((candidate) => candidate.name === wanted);
    if (!column) throw new TableRefused(shown, `it has no column ${wanted}; timeColumn names a column of the table`);
    return column;
  };
  const timeColumn = byName(timeColumnName);
  const primaryKey = primary.map(byName);
  for (const column of primaryKey)
    if (['float', 'double', 'set', 'json'].includes(column.dataType))
      throw new TableRefused(
        shown,
        `its primary key holds ${column.name}, of type ${column.dataType}, which has no exact order`,
      );
  const cursorColumns = [timeColumn, ...primaryKey.filter((column) => column.name !== timeColumn.name)];
  const index = chooseIndex(indexes, cursorColumns);
  if (!index)
    throw new TableRefused(
      shown,
      `no index leads with ${timeColumnName}; ALTER TABLE ${qualified(database, table)} ADD INDEX (${identifier(timeColumnName)})`,
    );
  await refuseCascades(session, name, allowed);
  await refuseTriggers(session, database, table, allowed);
  const hidden = await hiddenTriggers(session, name);
  if (hidden) throw new TableRefused(shown, hidden);
  const [created] = await session.rows(`SHOW CREATE TABLE ${qualified(database, table)}`);
  const ddl = String(created?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, '');
  const [print] = await session.rows(fingerprintQuery('?', '?'), [database, table]);
  return {
    database,
    table,
    columns,
    timeColumn,
    primaryKey,
    cursorColumns,
    index,
    ddl,
    ddlHash: createHash('sha256').update(ddl).digest('hex'),
    fingerprint: String(print?.fingerprint),
  };
}

async function readColumns(session: Session, database: string, table: string): Promise<Column[]> {
  const rows = await session.rows(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS dataType, COLUMN_TYPE AS columnType, IS_NULLABLE AS nullable,
            GENERATION_EXPRESSION AS generation, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [database, table],
  );
  return rows.map((row) => ({
    name: String(row.name),
    dataType: String(row.dataType).toLowerCase(),
    columnType: String(row.columnType),
    nullable: row.nullable === 'YES',
    generated: (row.generation ?? '') !== '',
    charset: row.charset ?? null,
    collation: row.collation ?? null,
  }));
}

async function readIndexes(session: Session, database: string, table: string): Promise<Map<string, string[]>> {
  const rows = await session.rows(
    `SELECT INDEX_NAME AS name, COLUMN_NAME AS columnName, SUB_PART AS prefix, INDEX_TYPE AS type FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
    [database, table],
  );
  const indexes = new Map<string, string[]>();
  for (const row of rows) {
    if (row.type !== 'BTREE' || row.columnName === null) continue;
    const columns = indexes.get(String(row.name)) ?? [];
    columns.push(String(row.columnName));
    indexes.set(String(row.name), columns);
  }
  return indexes;
}

/** The index whose order is the cursor's own (InnoDB appends the primary key to a secondary index), else any that leads with the time column. */
function chooseIndex(indexes: Map<string, string[]>, cursor: readonly Column[]): string | undefined {
  const leading = [...indexes].filter(([, columns]) => columns[0] === cursor[0]?.name);
  const ordered = leading.find(([, columns]) => columns.every((column, position) => column === cursor[position]?.name));
  return (ordered ?? leading[0])?.[0];
}

async function refuseCascades(session: Session, parent: TableName, allowed: AllowedRules): Promise<void> {
  const shown = formatTableName(parent);
  const keys = await actingForeignKeys(session, parent);
  if (!keys)
    throw new TableRefused(
      shown,
      'the user may not see every foreign key on it, so a cascade could not be refused; GRANT PROCESS, as sediment doctor --grants prints it',
    );
  for (const { child, rule } of keys) {
    const from = formatTableName(child);
    if (from !== shown && allowed.allowCascade?.includes(from)) continue;
    throw new TableRefused(
      shown,
      `ON DELETE ${rule} from ${from} would change rows that are not archived${from === shown ? '' : ` (drop the rule, or name ${from} under allowCascade once it has a policy)`}`,
    );
  }
}

async function refuseTriggers(session: Session, database: string, table: string, allowed: AllowedRules): Promise<void> {
  const triggers = await session.rows(
    `SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ? AND EVENT_MANIPULATION = 'DELETE'`,
    [database, table],
  );
  for (const trigger of triggers)
    if (!allowed.allowTriggers?.includes(String(trigger.name)))
      throw new TableRefused(
        formatTableName({ database, table }),
        `the trigger ${trigger.name} runs on each delete; drop it, or name it under allowTriggers`,
      );
}
