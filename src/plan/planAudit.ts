import { findPolicy } from '../config/policy.ts';
import { type Attempt, Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { daysToAudit } from '../ledger/audits.ts';
import { type Day, parseDay } from '../model/day.ts';
import { isArchived } from '../model/partitionState.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';

export interface AuditPlanInput {
  /** These and no other, as `db.table`; left out: all of the config. */
  tables?: readonly string[] | undefined;
  /** Days a table. */
  daysATable: number;
  /** This day and no other. */
  day?: string | undefined;
  /** The last table of the page before. */
  after?: string | undefined;
}

/** Tables in the order of their names, with the days that are due; `after` asks for the next page. */
export interface AuditPage {
  tables: { table: string; days: Day[] }[];
  after?: string;
}

/** A page stays below 100 KB. */
const tablesAPage = 200;
const daysAPage = 2_000;

/**
 * What an audit reads: archived days that were never read back since their archive, then those that it is longest ago of.
 * @throws UnknownTable, InvalidDay, Stopped where a day that is asked for isn't archived
 */
export async function planAudit(source: Source, input: AuditPlanInput, attempt: Attempt): Promise<AuditPage> {
  const { after, daysATable } = input;
  const named = input.tables?.map((name) => findPolicy(source.config, name)) ?? source.config.tables;
  const due = [...new Set(named)]
    .map((policy) => ({ policy, table: formatTableName(policy) }))
    .filter(({ table }) => after === undefined || table > after)
    .sort((one, other) => (one.table < other.table ? -1 : 1));
  return source.withLedger(async (ledger) => {
    const tables: AuditPage['tables'] = [];
    let planned = 0;
    for (const { policy, table } of due) {
      if (tables.length >= tablesAPage || planned >= daysAPage) return { tables, after: String(tables.at(-1)?.table) };
      attempt.signal.throwIfAborted();
      const days = input.day === undefined ? await daysToAudit(ledger, policy, daysATable) : [parseDay(input.day)];
      if (input.day !== undefined) {
        const row = await ledger.readPartition({
          database: policy.database,
          table: policy.table,
          day: parseDay(input.day),
        });
        if (!row || !isArchived(row.state))
          throw new Stopped(
            `${table} ${input.day} isn't archived yet; archive it: sediment backfill --table ${tableArgument(policy)} --from ${input.day} --to ${input.day}`,
          );
      }
      tables.push({ table, days });
      planned += days.length;
    }
    return { tables };
  });
}
