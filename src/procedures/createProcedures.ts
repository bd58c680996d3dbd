import { openTable } from '../checks/openTable.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { SourceJob } from '../job/job.ts';
import { withFileColumns } from '../ledger/days/fileColumns.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { messageOf } from '../model/error.ts';
import { formatTableName } from '../model/tableName.ts';
import { identifier } from '../mysql/quote.ts';
import { TableRefused } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';
import { neededProcedures } from './neededProcedures.ts';
import { ensureProcedure } from './storedProcedure.ts';

export interface DeployResult {
  created: number;
  /** Procedures that exist. A name carries the hash of the body, so what exists is right and is never replaced. */
  present: number;
  /** Old procedures that no policy needs any more. */
  removed: number;
  /** Why a table's procedure couldn't be created, by table; the first hundred. */
  failed: Record<string, string>;
}

const failuresNamed = 100;

/** Gives, once per deployment, whether the server writes a policy's table into S3 itself. */
export type Writers = (session: Session) => Promise<(policy: TablePolicy) => boolean>;

/**
 * Brings the ledger's tables up to date, creates the procedures that are missing, and removes old ones that no policy
 * needs. Safe to repeat, and to run twice at once.
 */
export async function createProcedures({ source, attempt }: SourceJob, writers: Writers): Promise<DeployResult> {
  return source.withLedger(async (ledger) => {
    await ledger.migrate();
    const present = await procedures(ledger);
    const result: DeployResult = { created: 0, present: 0, removed: 0, failed: {} };
    const needed = new Set<string>();
    const writes = await writers(ledger.session);
    const { store } = source.config;
    let whole = true;
    for (const policy of source.config.tables) {
      if (policy.purge !== 'enabled' && !writes(policy)) continue;
      attempt.signal.throwIfAborted();
      try {
        const { schema } = await openTable(ledger.session, policy);
        const needs = { policy, store, writes: writes(policy) };
        for (const procedure of neededProcedures(ledger, schema, needs)) {
          needed.add(procedure.name);
          if (present.has(procedure.name)) result.present++;
          else {
            await ensureProcedure(ledger.session, procedure);
            result.created++;
          }
        }
        // A table with dropped columns is read by procedures of all that its files have.
        const filed = await withFileColumns(ledger, schema);
        for (const procedure of neededProcedures(ledger, filed, needs)) needed.add(procedure.name);
      } catch (error) {
        whole = false;
        // The plan reports a refused table.
        if (error instanceof TableRefused) continue;
        // If the connection still answers, the fault is the table's. A dead connection fails the activity, which is retried.
        await ledger.session.rows('SELECT 1');
        if (Object.keys(result.failed).length < failuresNamed)
          result.failed[formatTableName(policy)] = messageOf(error);
      }
      attempt.heartbeat({ phase: 'procedures', created: result.created, present: result.present });
    }
    // What a table needs that couldn't be opened isn't known.
    if (whole) result.removed = await removeStale(ledger, needed, source.staleProcedureDays);
    return result;
  });
}

/**
 * Removes procedures that no policy needs and that are older than so many days. A CALL that runs goes on, because DROP
 * doesn't wait for it, and a worker of another release creates what it needs again.
 */
async function removeStale(ledger: Ledger, needed: ReadonlySet<string>, days: number): Promise<number> {
  const rows = await ledger.session.rows(
    `SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA = ? AND ROUTINE_TYPE = 'PROCEDURE' AND CREATED <= NOW() - INTERVAL ? DAY
       AND ROUTINE_NAME REGEXP '^(purge|may_delete|export)_[0-9a-f]{16}$'`,
    [ledger.name, days],
  );
  const stale = rows.map((row) => nameOf(ledger, String(row.name))).filter((name) => !needed.has(name));
  for (const name of stale) await ledger.session.execute(`DROP PROCEDURE IF EXISTS ${name}`);
  return stale.length;
}

function nameOf({ name }: Ledger, procedure: string): string {
  return `${identifier(name)}.${identifier(procedure)}`;
}

async function procedures(ledger: Ledger): Promise<Set<string>> {
  const rows = await ledger.session.rows(
    "SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ? AND ROUTINE_TYPE = 'PROCEDURE'",
    [ledger.name],
  );
  return new Set(rows.map((row) => nameOf(ledger, String(row.name))));
}
