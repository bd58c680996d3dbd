import { findPolicy, type TablePolicy } from '../config/policy.ts';
import { type Attempt, Stopped } from '../job/attempt.ts';
import { openTable } from '../job/openTable.ts';
import type { Source } from '../job/source.ts';
import { serverToday } from '../job/tableTime.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Day, daysBetween, parseDay } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { beginningOf, missingOf, type PlanPage, planPage, type TablePlan } from './planPage.ts';

export interface BackfillPlanInput {
  /** `YYYY-MM-DD` */
  from: string;
  /** `YYYY-MM-DD`, included. */
  to: string;
  /** These and no other, as `db.table`; left out: all of the config. */
  tables?: readonly string[] | undefined;
  /** The last table of the page before. */
  after?: string | undefined;
}

/**
 * What a backfill has to archive. A day that isn't over by MySQL's clock, or a table that isn't in the config, refuses
 * the whole of it, before anything is started.
 *
 * @throws Stopped, UnknownTable, InvalidDay
 */
export async function planBackfill(source: Source, input: BackfillPlanInput, attempt: Attempt): Promise<PlanPage> {
  const [from, to] = [parseDay(input.from), parseDay(input.to)];
  if (from > to) throw new Stopped(`from ${from} is after to ${to}: give the older day first`);
  const policies = input.tables
    ? [...new Set(input.tables.map((name) => findPolicy(source.config, name)))]
    : source.config.tables;
  await source.withLedger(async (ledger) => {
    for (const policy of distinctZones(policies)) {
      const today = await serverToday(ledger.session, policy);
      if (to >= today)
        throw new Stopped(
          `${to} isn't over yet: it is ${today} in ${policy.zone}, so ${formatTableName(policy)} waits`,
        );
    }
  });
  return planPage(source, policies, input.after, attempt, (ledger, policy) => planTable(ledger, policy, from, to));
}

async function planTable(ledger: Ledger, policy: TablePolicy, from: Day, to: Day): Promise<Omit<TablePlan, 'table'>> {
  await openTable(ledger.session, policy);
  const { first, earlier } = await beginningOf(ledger, policy);
  const late = earlier.filter((day) => day >= from && day <= to);
  if (first !== undefined && to < first && late.length === 0) return { days: [], refused: `its first day is ${first}` };
  const begin = first !== undefined && first > from ? first : from;
  return missingOf(ledger, policy, [...late, ...(begin <= to ? daysBetween(begin, to) : [])]);
}

function distinctZones(policies: readonly TablePolicy[]): TablePolicy[] {
  return [...new Map(policies.map((policy) => [policy.zone, policy])).values()];
}
