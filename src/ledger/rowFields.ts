import { formatTableName } from '../model/tableName.ts';

/** The table that a row of the ledger is about, as `formatTableName` writes it. */
export function tableNameOf(row: Record<string, string | null>): string {
  return formatTableName({ database: String(row.database_name), table: String(row.table_name) });
}

/** A TIMESTAMP column as SQL that gives ISO 8601 UTC: every session's zone is UTC (src/mysql/session/sessionVariables.ts). */
export function instant(column: string): string {
  return `DATE_FORMAT(${column}, '%Y-%m-%dT%H:%i:%s.%fZ')`;
}
