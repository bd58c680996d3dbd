import type { Column } from '../../archive/column.ts';
import type { TableName } from '../../model/tableName.ts';
import { identifier, qualified } from '../quote.ts';

/** A table's names as the server's catalogues spell them. They differ from the policy's only in upper and lower case. */
export interface CatalogueNames {
  /** As information_schema spells it. */
  catalogue: TableName;
  /** As InnoDB's own lists spell it: in lower case if the server compares names in lower case. */
  innodb: TableName;
  /** Child tables whose acting foreign keys the policy allows. What acts on their rows counts too. */
  children: readonly TableName[];
}

/** A table's definition, as the export and the purge use it. */
export interface TableSchema extends CatalogueNames {
  /** The policy's name, by which the ledger, object keys and holds know the table. */
  database: string;
  table: string;
  /** In file order, with dropped ones, after `withFileColumns`; in the table's order before. */
  columns: Column[];
  timeColumn: Column;
  primaryKey: Column[];
  /** The time column, then the other columns of the primary key: the values of a cursor. */
  cursorColumns: Column[];
  /** `lower_case_table_names`: 0 where two spellings are two tables. */
  lowerCase: number;
  /** The index that every range statement is forced onto. */
  index: string;
  ddl: string;
  ddlHash: string;
  /** SHA-256 over the columns' definitions, as the purge procedure computes it under the metadata lock. */
  fingerprint: string;
  /** SHA-256 over engine, delete triggers and acting foreign keys (`ruleQuery`); the purge procedure compares it too. */
  rules: string;
}

/** The table reference of every range statement: with the index hint, and with an alias where a DELETE needs one. */
export function indexedTable(schema: TableSchema, alias = ''): string {
  return `${qualified(schema.database, schema.table)} ${alias} FORCE INDEX (${identifier(schema.index)})`;
}

/** A safety rule that refuses a table before anything is touched. */
export class TableRefused extends Error {
  override readonly name = 'TableRefused';
  constructor(
    readonly table: string,
    readonly reason: string,
    /** The same as its fact and what a person does about it, where the two are told apart. */
    readonly parts: { fact: string; remedy: string | null } = { fact: reason, remedy: null },
  ) {
    super(`${table} refused: ${reason}`);
  }
}

/** The fingerprint's SQL. The names are given as expressions, so that a procedure can pass literals. */
export function fingerprintQuery(database: string, table: string): string {
  const column =
    'CONCAT_WS(CHAR(31), COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, ' +
    "IFNULL(COLLATION_NAME, ''), IFNULL(EXTRA, ''), IFNULL(GENERATION_EXPRESSION, ''))";
  return (
    `SELECT SHA2(GROUP_CONCAT(${column} ORDER BY ORDINAL_POSITION SEPARATOR '\\n'), 256) AS fingerprint ` +
    `FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${database} AND TABLE_NAME = ${table}`
  );
}
