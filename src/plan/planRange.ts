import { openRecorded } from '../checks/openTable.ts';
import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import { Stopped } from '../job/attempt.ts';
import type { SourceJob } from '../job/job.ts';
import { serverToday } from '../job/tableTime.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Day, daysBetween } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { beginningOf, missingOf, type PlanPage, planPage, type TablePlan } from './planPage.ts';
import { countsOf, recordRun } from './recordRun.ts';

/** What a backfill archives. */
export interface DaysOfTables {
  from: Day;
  /** Included. */
  to: Day;
  policies: readonly TablePolicy[];
}

/**
 * What a backfill has to archive, for the tables behind `after`. If a day isn't over by MySQL's clock, the whole backfill
 * is refused before anything is started.
 * @throws Stopped
 */
export async function planRange(job: SourceJob, range: DaysOfTables, after: string | undefined): Promise<PlanPage> {
  const { from, to, policies } = range;
  const { source } = job;
  if (from > to) throw new Stopped(`from ${from} is after to ${to}: give the older day first`);
  await source.withLedger(async (ledger) => {
    for (const policy of distinctZones(policies)) {
      const today = await serverToday(ledger.session, policy);
      if (to >= today)
        throw new Stopped(
          `${to} isn't over yet: it is ${today} in ${policy.zone}, so ${formatTableName(policy)} waits. Give an earlier --to`,
        );
    }
  });
  const page = await planPage(job, policies, after, (ledger, policy) =>
    planTable(ledger, policy, { config: source.config, from, to }),
  );
  if (after === undefined) await recordRun(job, { run: 'backfill', from, to, ...countsOf(page, policies.length) });
  return page;
}

async function planTable(
  ledger: Ledger,
  policy: TablePolicy,
  { config, from, to }: Pick<DaysOfTables, 'from' | 'to'> & { config: Config },
): Promise<Omit<TablePlan, 'table'>> {
  await openRecorded(ledger, policy, { config });
  const { first, earlier } = await beginningOf(ledger, policy, config);
  const late = earlier.filter((day) => day >= from && day <= to);
  if (first !== undefined && to < first && late.length === 0) return { days: [], refused: `its first day is ${first}` };
  const begin = first !== undefined && first > from ? first : from;
  return missingOf(ledger, policy, [...late, ...(begin <= to ? daysBetween(begin, to) : [])]);
}

function distinctZones(policies: readonly TablePolicy[]): TablePolicy[] {
  return [...new Map(policies.map((policy) => [policy.zone, policy])).values()];
}
