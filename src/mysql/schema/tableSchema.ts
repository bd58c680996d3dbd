import type { Column } from '../../archive/column.ts';
import type { TableName } from '../../model/tableName.ts';
import { identifier, qualified } from '../quote.ts';

/** A table's names where the server is asked about it. They differ from the policy's in upper and lower case alone. */
export interface CatalogueNames {
  /** As information_schema spells it. */
  catalogue: TableName;
  /** As InnoDB's own lists have it: in lower case where the server compares names so. */
  innodb: TableName;
  /** Tables whose foreign keys act on a delete and that the policy allows: what acts on theirs counts too. */
  children: readonly TableName[];
}

/** A table as the export and the purge see it. */
export interface TableSchema extends CatalogueNames {
  /** As the policy names it: what ledger, object keys and holds go by. */
  database: string;
  table: string;
  /** In file order once `withFileColumns` has seen them, dropped ones too; as the table has them before. */
  columns: Column[];
  timeColumn: Column;
  primaryKey: Column[];
  /** The time column, then the primary key's columns that aren't it: what a cursor holds. */
  cursorColumns: Column[];
  /** `lower_case_table_names`: 0 where two spellings are two tables. */
  lowerCase: number;
  /** The index that every range statement is forced onto. */
  index: string;
  ddl: string;
  ddlHash: string;
  /** SHA-256 over the columns' definitions, as the purge procedure computes it under the metadata lock. */
  fingerprint: string;
  /** SHA-256 over engine, delete triggers and acting foreign keys, as `ruleQuery` has it; compared in the same place. */
  rules: string;
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

/** The fingerprint's SQL; the names come as the given expressions, so that a procedure can pass literals. */
export function fingerprintQuery(database: string, table: string): string {
  return `SELECT SHA2(GROUP_CONCAT(CONCAT_WS(CHAR(31), COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, IFNULL(COLLATION_NAME, ''), IFNULL(EXTRA, ''), IFNULL(GENERATION_EXPRESSION, '')) ORDER BY ORDINAL_POSITION SEPARATOR '\\n'), 256) AS fingerprint FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${database} AND TABLE_NAME = ${table}`;
}
