import type { Ledger } from '../ledger/ledger.ts';
import { formatTableName } from '../model/tableName.ts';
import { identifier, literal } from '../mysql/quote.ts';
import { ruleQuery } from '../mysql/schema/ruleQuery.ts';
import { type CatalogueNames, fingerprintQuery, type TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Flavor } from '../mysql/session/session.ts';
import { renderProcedure, type StoredProcedure } from './storedProcedure.ts';

/** What the rules need to know of a table. */
type RuledTable = Pick<TableSchema, 'database' | 'table' | keyof CatalogueNames>;

/** The values that the files of sql/rules name. */
export function ruleValues(ledger: string, schema: RuledTable, flavor: Flavor): Readonly<Record<string, string>> {
  const database = literal(schema.database);
  const table = literal(schema.table);
  return {
    ledger: identifier(ledger),
    database_literal: database,
    table_literal: table,
    scope_literal: literal(formatTableName(schema)),
    fingerprint: fingerprintQuery(literal(schema.catalogue.database), literal(schema.catalogue.table)),
    rules: ruleQuery(flavor, schema),
  };
}

/**
 * The procedure that says, by the purge procedure's own rules, whether rows of a day may be deleted. An exchange of native
 * partitions calls it, because DDL can't be part of the purge procedure's transaction.
 */
export function mayDeleteProcedure({ name: ledger, session }: Ledger, schema: RuledTable): StoredProcedure {
  return renderProcedure('may_delete', ledger, { ...ruleValues(ledger, schema, session.flavor), exception: '' });
}
