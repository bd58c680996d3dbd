import type { Column } from '../../archive/column.ts';
import type { TableName } from '../../model/tableName.ts';
import { qualified } from '../quote.ts';
import type { Session } from '../session/session.ts';
import {
  type ActingForeignKey,
  actingForeignKeys,
  type ForbiddingForeignKey,
  forbiddingForeignKeys,
} from './foreignKeys.ts';
import { ruleQuery } from './ruleQuery.ts';
import type { TableIdentity } from './tableIdentity.ts';
import { fingerprintQuery } from './tableSchema.ts';

/** One part of an index. */
export interface IndexPart {
  /** Null for an expression. */
  column: string | null;
  /** The prefix's length in characters or bytes; null for the whole column. */
  prefix: number | null;
}

export interface Index {
  name: string;
  /** BTREE, HASH, FULLTEXT, SPATIAL, … */
  type: string;
  /** False where the optimizer may not use it: INVISIBLE on MySQL, IGNORED on MariaDB. */
  visible: boolean;
  parts: readonly IndexPart[];
}

/** Everything that decisions about a table need, read by one session. */
export interface TableFacts {
  identity: TableIdentity & { name: TableName };
  columns: readonly Column[];
  indexes: readonly Index[];
  /** Delete triggers, by name. */
  deleteTriggers: readonly string[];
  /** Foreign keys that act on a delete, directly or through other tables. */
  acting: readonly ActingForeignKey[];
  /** Foreign keys that forbid the delete of a row that is referred to; undefined if they weren't asked for or may not be read. */
  forbidding: readonly ForbiddingForeignKey[];
  ddl: string;
  fingerprint: string;
  /** The SHA-256 of `ruleQuery`. */
  rules: string;
}

export type IdentifiedTable = TableFacts['identity'];

/**
 * Reads a table's definition from the server's own catalogue, never from the DDL's text (pitfall P23: DDL by regular
 * expression). The SHA-256 of its rules is read first, so that what is created while the rest is read changes it later.
 */
export async function readTableFacts(
  session: Session,
  identity: IdentifiedTable,
  withForbidding: boolean,
): Promise<TableFacts> {
  const { name } = identity;
  const values = [name.database, name.table];
  const innodb = innodbName(identity);
  const known = await actingForeignKeys(session, innodb);
  const rules = await readRules(session, identity, known);
  const acting = await actingForeignKeys(session, innodb);
  const [created] = await session.rows(`SHOW CREATE TABLE ${qualified(name.database, name.table)}`);
  const triggers = await session.rows(
    `SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ? AND EVENT_MANIPULATION = 'DELETE'`,
    values,
  );
  const [print] = await session.rows(fingerprintQuery('?', '?'), values);
  return {
    identity,
    columns: await readColumns(session, name),
    indexes: await readIndexes(session, name),
    deleteTriggers: triggers.map((row) => String(row.name)),
    acting,
    forbidding: withForbidding ? await forbiddingForeignKeys(session, innodb) : [],
    ddl: String(created?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, ''),
    fingerprint: String(print?.fingerprint),
    rules,
  };
}

/** InnoDB's names are in lower case if the server compares names in lower case. */
export function innodbName({ name, lowerCase }: IdentifiedTable): TableName {
  return lowerCase > 0 ? { database: name.database.toLowerCase(), table: name.table.toLowerCase() } : name;
}

async function readRules(
  session: Session,
  identity: IdentifiedTable,
  acting: readonly ActingForeignKey[],
): Promise<string> {
  const names = { catalogue: identity.name, innodb: innodbName(identity), children: childrenOf(acting) };
  const [row] = await session.rows(ruleQuery(session.flavor, names));
  return String(row?.rules);
}

/** The tables whose rows change with those of the table, each once. */
export function childrenOf(acting: readonly ActingForeignKey[]): TableName[] {
  return [...new Map(acting.map(({ child }) => [JSON.stringify(child), child])).values()];
}

async function readColumns(session: Session, { database, table }: TableName): Promise<Column[]> {
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

async function readIndexes(session: Session, { database, table }: TableName): Promise<Index[]> {
  // `*`, because MySQL has IS_VISIBLE, MariaDB IGNORED, and older versions neither.
  const rows = await session.rows(
    'SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX',
    [database, table],
  );
  const indexes = new Map<string, Index & { parts: IndexPart[] }>();
  for (const row of rows) {
    const name = String(row.INDEX_NAME);
    const index = indexes.get(name) ?? {
      name,
      type: String(row.INDEX_TYPE),
      visible: row.IS_VISIBLE !== 'NO' && row.IGNORED !== 'YES',
      parts: [],
    };
    const prefix = row.SUB_PART === null || row.SUB_PART === undefined ? null : Number(row.SUB_PART);
    index.parts.push({ column: row.COLUMN_NAME ?? null, prefix });
    indexes.set(name, index);
  }
  return [...indexes.values()];
}
