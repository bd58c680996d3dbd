import { openRecorded } from '../checks/openTable.ts';
import { cutoffOf } from '../config/cutoff.ts';
import { announcedBefore } from '../config/expiry.ts';
import type { Config } from '../config/load.ts';
import { policyHash, type TablePolicy } from '../config/policy.ts';
import type { SourceJob } from '../job/job.ts';
import { serverToday } from '../job/tableTime.ts';
import { announceExpiries } from '../ledger/expiries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { recordLook } from '../ledger/refusals.ts';
import { type Day, daysBetween } from '../model/day.ts';
import { daysOf } from '../model/dayRange.ts';
import { messageOf } from '../model/error.ts';
import { formatTableName } from '../model/tableName.ts';
import { readExchangeTables } from '../native/exchangeLedger.ts';
import { settleLeftExchanges } from '../native/settleExchanges.ts';
import { beginningOf, missingOf, type PlanPage, planPage, type TablePlan } from './planPage.ts';
import { countsOf, recordRun } from './recordRun.ts';

/** What a daily run archives. */
export interface DailyRun {
  /** The run's own day, by the zone of a table's policy. */
  dayIn(zone: string): Day;
  /** Whether it runs when it was scheduled: only then does it fill gaps and start purges. */
  timely: boolean;
}

/** A run archives at most so many days of a table. The next run continues. */
const daysAtOnce = 400;
/** Longer than two slices take: an older exchange was left by an attempt that died. */
const leftSeconds = 15 * 60;

/** Decides what a daily run does, for the tables behind `after`. */
export async function planDailyRun(job: SourceJob, run: DailyRun, after: string | undefined): Promise<PlanPage> {
  const { config } = job.source;
  if (after === undefined) await settleWithoutPolicy(job);
  const page = await planPage(job, config.tables, after, (ledger, policy) => planTable(ledger, policy, run, config));
  if (after === undefined) await recordRun(job, { run: 'daily', ...countsOf(page, config.tables.length) });
  return page;
}

/**
 * Puts back what exchanges took out of tables that no policy names any more: no run of theirs comes to do it. One that
 * can't be settled is reported, and keeps no other table from its plan.
 */
async function settleWithoutPolicy({ source, attempt }: SourceJob): Promise<void> {
  const named = new Set(source.config.tables.map(formatTableName));
  await source.withLedger(async (ledger) => {
    for (const table of await readExchangeTables(ledger)) {
      const name = formatTableName(table);
      if (named.has(name)) continue;
      try {
        await settleLeftExchanges(ledger, table, leftSeconds);
      } catch (error) {
        await ledger.session.rows('SELECT 1');
        attempt.report?.({ table: name }, { event: 'refused', reason: messageOf(error) });
      }
    }
  });
}

async function planTable(
  ledger: Ledger,
  policy: TablePolicy,
  run: DailyRun,
  config: Config,
): Promise<Omit<TablePlan, 'table'>> {
  // A running purge settles its own exchanges within a slice. Older ones were left by a purge that no longer runs.
  await settleLeftExchanges(ledger, policy, leftSeconds);
  await openRecorded(ledger, policy, { config });
  const day = run.dayIn(policy.zone);
  const today = await serverToday(ledger.session, policy);
  if (day >= today) return { days: [], refused: `${day} isn't over yet in ${policy.zone}` };
  if (!run.timely) return { days: [{ from: day, to: day }] };
  const { first = day, earlier } = await beginningOf(ledger, policy, config);
  const { days } = await missingOf(ledger, policy, [...earlier, ...daysBetween(first, day)], {
    atMost: daysAtOnce,
    own: day,
  });
  await recordLook(ledger, policy, daysOf(days).length);
  await announceExpiries(ledger, policy, announcedBefore(policy.archive, today));
  if (policy.purge !== 'enabled') return { days };
  return { days, cutoff: cutoffOf(policy, today), policyHash: policyHash(policy) };
}
