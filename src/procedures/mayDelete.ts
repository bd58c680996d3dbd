import { formatTableName } from '../model/tableName.ts';
import { identifier, literal } from '../mysql/quote.ts';
import { fingerprintQuery, type TableSchema } from '../mysql/schema/tableSchema.ts';
import { renderProcedure, type StoredProcedure } from './storedProcedure.ts';

/** What the files of sql/rules name. */
export function ruleValues(
  ledger: string,
  schema: Pick<TableSchema, 'database' | 'table'>,
): Readonly<Record<string, string>> {
  const [database, table] = [literal(schema.database), literal(schema.table)];
  return {
    ledger: identifier(ledger),
    database_literal: database,
    table_literal: table,
    scope_literal: literal(formatTableName(schema)),
    fingerprint: fingerprintQuery(database, table),
  };
}

/**
 * Asks by the purge procedure's own rules whether rows of a day may be deleted, for an exchange of native partitions,
 * which DDL can't do within a procedure's transaction.
 */
export function mayDeleteProcedure(ledger: string, schema: Pick<TableSchema, 'database' | 'table'>): StoredProcedure {
  return renderProcedure('may_delete', ledger, { ...ruleValues(ledger, schema), exception: '' });
}
