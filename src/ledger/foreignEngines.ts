import type { Ledger } from './ledger.ts';
import { createdTables, readMigrations } from './migrations/migrationFiles.ts';

let tables: string[] | undefined;

/** The names of the ledger's tables. */
export function ledgerTables(): readonly string[] {
  tables ??= createdTables(readMigrations());
  return tables;
}

/** Tables of the ledger that another engine than InnoDB keeps, each with its engine. */
export async function foreignEngines(ledger: Ledger): Promise<{ table: string; engine: string }[]> {
  const rows = await ledger.session.rows(
    `SELECT TABLE_NAME AS name, ENGINE AS engine FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) AND ENGINE <> 'InnoDB' ORDER BY TABLE_NAME`,
    [ledger.name, ledgerTables()],
  );
  return rows.map(({ name, engine }) => ({ table: String(name), engine: String(engine) }));
}
