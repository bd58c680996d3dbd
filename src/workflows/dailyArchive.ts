import { ApplicationFailure, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import type { TablePlan } from '../plan/planPage.ts';
import { resolveTimeouts, sourceActivities, type Timeouts } from './activities.ts';
import { checkInput } from './invalidInput.ts';
import { startPurge } from './purge/startPurge.ts';
import { reasonOf } from './reasonOf.ts';
import { ArchiveRun } from './run/archiveRun.ts';
import { allFailed, findings, noteFailure, type Outcome } from './run/outcome.ts';
import { runProgress } from './run/runProgress.ts';
import { type RunState, startRun, unfinishedOf } from './run/runState.ts';

export interface DailyArchiveInput {
  source: string;
  /** Archive only this day. A schedule leaves it out. */
  day?: string;
  /** Tables that are archived at once; 4 if it is left out. */
  concurrency?: number;
  timeouts?: Timeouts;
  /** Carried through continue-as-new, never given by hand. */
  carried?: Carried;
}

interface Carried {
  state: RunState;
  /** Times of the first run, ISO 8601 UTC. The day and the run's end are counted from them. */
  scheduledTime?: string;
  startedAt: string;
  /** Tables whose purge can't run, and why. */
  withoutProcedure: Record<string, string>;
}

export interface DailyArchiveResult {
  archivedDays: number;
  rows: number;
  /** By table: the day and the reason. */
  failed: Record<string, string>;
  refused: Record<string, string>;
  /** Days that another run is archiving, by table: neither done nor failed. */
  elsewhere: Record<string, string[]>;
  /** What the run left when its time was up. */
  unfinished: string[];
}

const fields = {
  source: 'source',
  day: 'day?',
  concurrency: 'concurrency?',
  timeouts: 'timeouts?',
  carried: 'any?',
} as const;
const example = '{"source": "bank-primary", "day": "2026-11-21"}';

/** Archives the day before the scheduled time (not before the present time) and every gap, starts the purges, and closes. */
export async function dailyArchive(input: DailyArchiveInput): Promise<DailyArchiveResult> {
  checkInput(input, fields, example);
  const { source, timeouts } = input;
  const { planning } = sourceActivities(source, timeouts);
  const carried = input.carried ?? (await begin(input));
  const { state, scheduledTime, startedAt, withoutProcedure } = carried;
  setHandler(runProgress, () => state.outcome, { description: 'What has become of the run so far, by table' });
  const run = new ArchiveRun(state, {
    source,
    concurrency: input.concurrency ?? 4,
    timeouts,
    closeAt: Date.parse(startedAt) + resolveTimeouts(timeouts).closeMillis,
    nextPage: (after) => planning.planDay({ scheduledTime, startedAt, day: input.day, after }),
    afterTable: (plan) => purgeAfter(input, plan, carried),
  });
  const end = await run.run();
  if (end.how === 'continue') await continueAsNew<typeof dailyArchive>({ ...input, carried });
  const result = resultOf(state.outcome, end.how === 'closing' ? unfinishedOf(state, end) : []);
  for (const [table, reason] of Object.entries(withoutProcedure)) result.failed[table] ??= `procedure: ${reason}`;
  if (allFailed(state.outcome)) throw ApplicationFailure.nonRetryable('every table failed', 'EveryTableFailed', result);
  return result;
}

async function begin({ source, timeouts }: DailyArchiveInput): Promise<Carried> {
  const { startTime, searchAttributes } = workflowInfo();
  const scheduled = searchAttributes.TemporalScheduledStartTime?.[0];
  const scheduledTime = scheduled instanceof Date ? scheduled.toISOString() : scheduled?.toString();
  const { failed } = await sourceActivities(source, timeouts).procedures.deployProcedures({});
  return {
    state: startRun(),
    scheduledTime,
    startedAt: startTime.toISOString(),
    withoutProcedure: failed,
  };
}

/** Starts the table's purge. If that fails, the table counts as failed, and the archive of the others goes on. */
async function purgeAfter(input: DailyArchiveInput, plan: TablePlan, { state, withoutProcedure }: Carried) {
  if (!plan.cutoff || plan.table in withoutProcedure) return;
  try {
    await startPurge({
      source: input.source,
      table: plan.table,
      cutoff: plan.cutoff,
      searchAttributes: state.searchAttributes,
      policyHash: plan.policyHash,
      timeouts: input.timeouts,
    });
  } catch (error) {
    noteFailure(state.outcome, plan.table, `its purge could not be started: ${reasonOf(error)}`);
  }
}

function resultOf(outcome: Outcome, unfinished: string[]): DailyArchiveResult {
  const elsewhere = Object.entries(outcome.tables).flatMap(([table, found]) =>
    found.elsewhere ? [[table, found.elsewhere] as const] : [],
  );
  return {
    archivedDays: outcome.archivedDays,
    rows: outcome.rows,
    failed: findings(outcome, 'failed'),
    refused: findings(outcome, 'refused'),
    elsewhere: Object.fromEntries(elsewhere),
    unfinished,
  };
}
