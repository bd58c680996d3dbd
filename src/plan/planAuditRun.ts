import { daysOfRun } from '../config/audit.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { SourceJob } from '../job/job.ts';
import { notArchived } from '../job/notArchived.ts';
import { countArchivedDays, daysToAudit } from '../ledger/audits.ts';
import type { Ledger, PartitionKey } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import { isArchived } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';

/** What an audit reads. */
export interface AuditRun {
  policies: readonly TablePolicy[];
  /** Days per table. */
  daysATable: number;
  /** Only this day. */
  day: Day | undefined;
}

/** Tables in the order of their names, with the days to read. `after` is where the next page begins. */
export interface AuditPage {
  tables: { table: string; days: Day[] }[];
  after?: string;
}

/** A page stays below 100 KB. */
const tablesAPage = 200;
const daysAPage = 2_000;

/**
 * What an audit reads: archived days that were never audited, then those whose last audit is the longest ago.
 * @throws Stopped if the requested day isn't archived
 */
export async function planAuditRun(job: SourceJob, run: AuditRun, after: string | undefined): Promise<AuditPage> {
  const { source, attempt } = job;
  const { day, daysATable } = run;
  const due = run.policies
    .map((policy) => ({ policy, table: formatTableName(policy) }))
    .filter(({ table }) => after === undefined || table > after)
    .sort((one, other) => (one.table < other.table ? -1 : 1));
  const { audit } = source.config;
  const daysOf = async (ledger: Ledger, policy: TablePolicy) =>
    audit?.everyDays === undefined
      ? daysATable
      : daysOfRun({ ...audit, daysATable }, await countArchivedDays(ledger, policy));
  return source.withLedger(async (ledger) => {
    const tables: AuditPage['tables'] = [];
    let planned = 0;
    for (const { policy, table } of due) {
      if (tables.length >= tablesAPage || planned >= daysAPage) return { tables, after: String(tables.at(-1)?.table) };
      attempt.signal.throwIfAborted();
      if (day !== undefined) await requireArchived(ledger, { database: policy.database, table: policy.table, day });
      const days = day === undefined ? await daysToAudit(ledger, policy, await daysOf(ledger, policy)) : [day];
      tables.push({ table, days });
      planned += days.length;
    }
    return { tables };
  });
}

async function requireArchived(ledger: Ledger, key: PartitionKey): Promise<void> {
  const row = await ledger.readPartition(key);
  if (row && isArchived(row.state)) return;
  throw notArchived(key, row);
}
