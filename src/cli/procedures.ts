import { writersOf } from '../aurora/chooseEngine.ts';
import { openTable } from '../checks/openTable.ts';
import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { Ledger } from '../ledger/ledger.ts';
import { formatTableName } from '../model/tableName.ts';
import { TableRefused } from '../mysql/schema/tableSchema.ts';
import { neededProcedures } from '../procedures/neededProcedures.ts';
import { type CommonOptions, exitCodes, print } from './output.ts';
import { readOnly } from './readOnly.ts';

/** A table's procedures as text; what refuses the table in their place. */
interface PrintedTable {
  table: string;
  refused: string | null;
  procedures: { name: string; create: string }[];
}

/** Prints the procedures that a deployment creates, in a session that can't write. */
export async function procedures(config: Config, options: CommonOptions, names: readonly string[]): Promise<number> {
  const policies = names.length === 0 ? config.tables : names.map((name) => findPolicy(config, name));
  return readOnly(config, async (session) => {
    const writes = await writersOf(session, config);
    const ledger = new Ledger(session, config.source.ledger);
    const tables: PrintedTable[] = [];
    for (const policy of policies) {
      const table = formatTableName(policy);
      try {
        const { schema } = await openTable(session, policy);
        const needed = neededProcedures(ledger, schema, { policy, store: config.store, writes: writes(policy) });
        tables.push({ table, refused: null, procedures: needed.map(({ name, create }) => ({ name, create })) });
      } catch (error) {
        if (!(error instanceof TableRefused)) throw error;
        tables.push({ table, refused: error.reason, procedures: [] });
      }
    }
    print(options, { tables }, tables.flatMap(linesOf));
    return tables.some(({ refused }) => refused !== null) ? exitCodes.refused : exitCodes.ok;
  });
}

/** As a MySQL client takes it. */
function linesOf({ table, refused, procedures: found }: PrintedTable): string[] {
  if (refused !== null) return [`-- ${table} is refused: ${refused}`];
  if (found.length === 0) return [`-- ${table} needs none: its rows are read by the worker, and purging is off`];
  const text = found.flatMap(({ create }) => [`${create.trimEnd()} //`, '']);
  return [`-- ${table}`, 'DELIMITER //', ...text.slice(0, -1), 'DELIMITER ;'];
}
