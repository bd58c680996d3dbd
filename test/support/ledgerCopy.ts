import type { World } from './world.ts';

/** A copy of one table's rows in some of the ledger's tables, as a backup of its schema would hold them. */
export interface LedgerCopy {
  /** Puts them back, and takes out what came since. */
  restore(): Promise<void>;
}

const tables = ['tables', 'partitions', 'parts', 'columns', 'deletions'];
let copies = 0;

export async function copyLedger(world: World, table: string): Promise<LedgerCopy> {
  const { name } = world.ledger;
  const copy = `copy${copies++}`;
  for (const each of tables) {
    await world.sql(`CREATE TABLE ${world.name}.${copy}_${each} LIKE ${name}.${each}`);
    await world.sql(`INSERT INTO ${world.name}.${copy}_${each} SELECT * FROM ${name}.${each} WHERE table_name = ?`, [
      table,
    ]);
  }
  return {
    async restore() {
      for (const each of tables) {
        await world.sql(`DELETE FROM ${name}.${each} WHERE table_name = ?`, [table]);
        await world.sql(`INSERT INTO ${name}.${each} SELECT * FROM ${world.name}.${copy}_${each}`);
      }
    },
  };
}

/** As after DROP SCHEMA and a start of a new worker: the ledger's tables are there, and empty of this table. */
export async function forgetTable(world: World, table: string): Promise<void> {
  for (const each of tables) await world.sql(`DELETE FROM ${world.ledger.name}.${each} WHERE table_name = ?`, [table]);
}
