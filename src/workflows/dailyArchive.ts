import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  executeChild,
  getExternalWorkflowHandle,
  setCurrentDetails,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { TablePlan } from '../activities/planDay.ts';
import { sourceActivities, type Timeouts } from './activities.ts';
import { archiveTable } from './archiveTable.ts';
import { archiveId, purgeId } from './ids.ts';
import { extendCutoff, purgeTable } from './purgeTable.ts';

export interface DailyArchiveInput {
  source: string;
  /** Archive this day and no other; left out where a schedule starts the run. */
  day?: string;
  /** Tables at once. */
  concurrency?: number;
  timeouts?: Timeouts;
}

export interface DailyArchiveResult {
  archivedDays: number;
  rows: number;
  failed: Record<string, string>;
  refused: Record<string, string>;
}

/** Archives the day before the scheduled time (never the clock's) and every gap, then starts the purges and closes. */
export async function dailyArchive(input: DailyArchiveInput): Promise<DailyArchiveResult> {
  const { exports } = sourceActivities(input.source, input.timeouts);
  const { startTime, searchAttributes } = workflowInfo();
  const scheduled = searchAttributes.TemporalScheduledStartTime?.[0];
  const scheduledTime = scheduled instanceof Date ? scheduled.toISOString() : scheduled?.toString();
  const plans = await exports.planDay({ scheduledTime, startedAt: startTime.toISOString(), day: input.day });
  const result: DailyArchiveResult = { archivedDays: 0, rows: 0, failed: {}, refused: {} };
  const waiting = [...plans];
  const show = () =>
    setCurrentDetails(
      `${result.archivedDays} days archived, ${waiting.length} tables waiting, ${Object.keys(result.failed).length} failed`,
    );
  const work = async () => {
    for (let plan = waiting.shift(); plan; plan = waiting.shift()) {
      if (plan.refused) result.refused[plan.table] = plan.refused;
      else await archiveDays(input, plan, result, show);
      if (plan.cutoff && !plan.refused) await startPurge(input, plan.table, plan.cutoff);
    }
  };
  await Promise.all(Array.from({ length: input.concurrency ?? 4 }, work));
  show();
  if (Object.keys(result.failed).length > 0 && Object.keys(result.failed).length === plans.length)
    throw ApplicationFailure.nonRetryable('every table failed', 'EveryTableFailed', result);
  return result;
}

/** One table's failure is isolated: its later days and the other tables go on. */
async function archiveDays(
  input: DailyArchiveInput,
  plan: TablePlan,
  result: DailyArchiveResult,
  show: () => void,
): Promise<void> {
  for (const day of plan.days) {
    try {
      const archived = await executeChild(archiveTable, {
        workflowId: archiveId(input.source, plan.table, day),
        args: [
          { source: input.source, table: plan.table, day, ...(input.timeouts ? { timeouts: input.timeouts } : {}) },
        ],
        staticSummary: `archive ${plan.table} ${day}`,
      });
      result.archivedDays += archived.alreadyArchived ? 0 : 1;
      result.rows += archived.alreadyArchived ? 0 : archived.rows;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) continue;
      const cause =
        error instanceof Error ? (error.cause instanceof ActivityFailure ? error.cause.cause : error.cause) : error;
      result.failed[plan.table] = `${day}: ${cause instanceof Error ? cause.message : String(cause)}`;
    }
    show();
  }
}

/** Starts the table's one purge, or tells the running one the later cutoff; loops where it closes in between (P83). */
async function startPurge(input: DailyArchiveInput, table: string, cutoff: string): Promise<void> {
  const workflowId = purgeId(input.source, table);
  for (;;) {
    try {
      await startChild(purgeTable, {
        workflowId,
        args: [{ source: input.source, table, cutoff, ...(input.timeouts ? { timeouts: input.timeouts } : {}) }],
        parentClosePolicy: 'ABANDON',
        cancellationType: 'ABANDON',
        staticSummary: `purge ${table}`,
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    try {
      await getExternalWorkflowHandle(workflowId).signal(extendCutoff, cutoff);
      return;
    } catch {
      // It closed between the two: start it again.
    }
  }
}
