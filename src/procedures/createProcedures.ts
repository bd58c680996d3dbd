import { openTable } from '../checks/openTable.ts';
import type { SourceJob } from '../job/job.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { messageOf } from '../model/error.ts';
import { formatTableName } from '../model/tableName.ts';
import { identifier } from '../mysql/quote.ts';
import { TableRefused } from '../mysql/schema/tableSchema.ts';
import { mayDeleteProcedure } from './mayDelete.ts';
import { purgeProcedure } from './purgeProcedure.ts';
import { ensureProcedure } from './storedProcedure.ts';

export interface DeployResult {
  created: number;
  /** Procedures that exist. A name carries the hash of the body, so what exists is right and is never replaced. */
  present: number;
  /** Why a table's procedure couldn't be created, by table; the first hundred. */
  failed: Record<string, string>;
}

const failuresNamed = 100;

/** Brings the ledger's tables up to date and creates the purge procedures that are missing. Safe to repeat, and to run twice at once. */
export async function createProcedures({ source, attempt }: SourceJob): Promise<DeployResult> {
  return source.withLedger(async (ledger) => {
    await ledger.migrate();
    const present = await procedures(ledger);
    const result: DeployResult = { created: 0, present: 0, failed: {} };
    for (const policy of source.config.tables) {
      if (policy.purge !== 'enabled') continue;
      attempt.signal.throwIfAborted();
      try {
        const { schema } = await openTable(ledger.session, policy);
        const procedures = [purgeProcedure(ledger.session, ledger.name, schema)];
        if (policy.nativePartitions === 'auto') procedures.push(mayDeleteProcedure(ledger, schema));
        for (const procedure of procedures) {
          if (present.has(procedure.name)) result.present++;
          else {
            await ensureProcedure(ledger.session, procedure);
            result.created++;
          }
        }
      } catch (error) {
        // The plan reports a refused table.
        if (error instanceof TableRefused) continue;
        // If the connection still answers, the fault is the table's. A dead connection fails the activity, which is retried.
        await ledger.session.rows('SELECT 1');
        if (Object.keys(result.failed).length < failuresNamed)
          result.failed[formatTableName(policy)] = messageOf(error);
      }
      attempt.heartbeat({ phase: 'procedures', created: result.created, present: result.present });
    }
    return result;
  });
}

async function procedures(ledger: Ledger): Promise<Set<string>> {
  const rows = await ledger.session.rows(
    "SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? AND ROUTINE_TYPE = 'PROCEDURE'",
    [ledger.name],
  );
  return new Set(rows.map((row) => `${identifier(ledger.name)}.${identifier(String(row.name))}`));
}
