import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import { exportProcedure } from './exportProcedure.ts';
import { mayDeleteProcedure } from './mayDelete.ts';
import { purgeProcedure } from './purgeProcedure.ts';
import type { StoredProcedure } from './storedProcedure.ts';

/** What decides which procedures a table needs. */
export interface ProcedureNeeds {
  policy: TablePolicy;
  store: Config['store'];
  /** Whether the server writes the table into S3 itself. */
  writes: boolean;
}

/** A table's procedures, by what they do. */
export function neededProcedures(
  ledger: Ledger,
  schema: TableSchema,
  { policy, store, writes }: ProcedureNeeds,
): StoredProcedure[] {
  const { session, name } = ledger;
  const needed: StoredProcedure[] = [];
  if (writes) needed.push(exportProcedure(name, store, schema));
  if (policy.purge !== 'enabled') return needed;
  needed.push(purgeProcedure(session, name, schema));
  if (policy.nativePartitions === 'auto') needed.push(mayDeleteProcedure(ledger, schema));
  return needed;
}
