import type { Client } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import type { Day } from '../../model/day.ts';
import { isWorkerEnd, type OpenWork } from '../../model/tableState.ts';
import { archiveId, purgeId, scheduleId } from '../../workflows/ids.ts';
import { explain } from '../explain/explain.ts';
import { archivesOf, runsOf } from './openIds.ts';
import type { TableReport } from './tableStatus.ts';
import type { TemporalView } from './temporalView.ts';

/** A table's workflow that is running: what it says of the pending activity with the highest attempt. */
export type OpenRun = OpenWork;

/** A daily run or a backfill that is open and whose own activity fails: it has come to no table yet, or to no further one. */
export interface FailingRun {
  workflowId: string;
  activity: string;
  attempt: number;
  failure: string;
}

/** The daily schedule, as far as it keeps runs from starting. */
export interface ScheduleReport {
  paused: boolean;
  /** Why it was paused, as whoever did it wrote. */
  note: string;
}

/** What Temporal knows beside the ledger. Everything else is shown without it when it is down. */
export interface TemporalReport {
  /** Why Temporal didn't answer; null where it did. */
  unreachable: string | null;
  /** Seconds since a worker of the source last polled; null where none did in five minutes. */
  workerHeardSecondsAgo: number | null;
  /** By `db.table`. */
  purges: ReadonlyMap<string, OpenRun>;
  archives: ReadonlyMap<string, OpenRun>;
  /** Left out where Temporal didn't answer. */
  failingRuns?: readonly FailingRun[];
  /** Null where there is no daily schedule, or Temporal didn't answer. */
  schedule: ScheduleReport | null;
}

/** So many questions are under way at one time. */
const questionsAtOnce = 32;
/** Longer than a healthy server ever takes, short enough to wait for at 3 a.m. */
const answerMillis = 5_000;
/** A poll waits for work for a minute, so a worker whose last poll is older than this may be dead. */
const liveWorkerSeconds = 75;

/** @param heard seconds since a worker last polled; null where none did */
function isWorkerUp(heard: number | null): boolean {
  return heard !== null && heard <= liveWorkerSeconds;
}

/** Whether a worker is up, as far as is known: where Temporal doesn't answer, the ledger alone is believed. */
export function hasWorker({ unreachable, workerHeardSecondsAgo }: TemporalReport): boolean {
  return unreachable !== null || isWorkerUp(workerHeardSecondsAgo);
}

/** Never throws; `unreachable` says why Temporal didn't answer. */
export async function readTemporalReport(config: Config, tables: readonly TableReport[]): Promise<TemporalReport> {
  const purges = new Map<string, OpenRun>();
  const archives = new Map<string, OpenRun>();
  let view: TemporalView | undefined;
  try {
    const { TemporalView } = await import('./temporalView.ts');
    view = await TemporalView.open(answerMillis);
    const heard = secondsSince(await view.pollersHeard(`sediment-${config.source.name}`));
    const schedule = (await view.schedule(scheduleId(config.source.name))) ?? null;
    const { name } = config.source;
    const asked = view;
    await sideBySide(tables, async ({ table, debtDays, purging }) => {
      if (purging || debtDays > 0) keepWorst(purges, table, await openRun(asked, purgeId(name, table), purging?.day));
    });
    // Where the visibility store can't be asked, the likeliest archive of each table is looked at.
    const open = await view
      .openWorkflows(['archiveTable', 'dailyArchive', 'backfill'])
      .catch(() => tables.map((table) => archiveId(name, table.table, likelyDay(table))));
    await sideBySide(
      archivesOf(
        name,
        tables.map(({ table }) => table),
        open,
      ),
      async ({ id, table, day }) => {
        keepWorst(archives, table, await openRun(asked, id, day));
      },
    );
    const failingRuns: FailingRun[] = [];
    await sideBySide(runsOf(name, open), async (workflowId) => {
      const { activity, attempt = 0, failure } = (await openRun(asked, workflowId, undefined)) ?? {};
      if (activity && failure && !isWorkerEnd(failure)) failingRuns.push({ workflowId, activity, attempt, failure });
    });
    return { unreachable: null, workerHeardSecondsAgo: heard, purges, archives, failingRuns, schedule };
  } catch (error) {
    const unreachable = explain(error).message;
    return { unreachable, workerHeardSecondsAgo: null, purges, archives, schedule: null };
  } finally {
    view?.close();
  }
}

/** Warns on standard error where no worker is up, because the command then waits for one. */
export async function noteWithoutWorker(client: Client, config: Config): Promise<void> {
  const heard = await workerHeard(client, `sediment-${config.source.name}`);
  if (!isWorkerUp(heard))
    process.stderr.write(`no worker of ${config.source.name} is up; this waits for one. Start it: sediment worker\n`);
}

async function workerHeard(client: Client, queue: string): Promise<number | null> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    // TASK_QUEUE_TYPE_ACTIVITY
    taskQueueType: 2,
  });
  return secondsSince((pollers ?? []).map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0)));
}

function secondsSince(heard: readonly number[]): number | null {
  return heard.length === 0 ? null : Math.max(0, Math.round(Date.now() / 1000 - Math.max(...heard)));
}

/** A run archives its own day first; before the table's first archive the ledger knows of no day. */
function likelyDay({ archiving, missing, lastDue }: TableReport): Day {
  return archiving?.day ?? missing?.to ?? lastDue;
}

async function sideBySide<Item>(items: readonly Item[], ask: (item: Item) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += questionsAtOnce)
    await Promise.all(items.slice(at, at + questionsAtOnce).map(ask));
}

/** What an open workflow has under way; undefined of one that has ended. */
async function openRun(view: TemporalView, id: string, day: Day | undefined): Promise<OpenRun | undefined> {
  const pending = await view.pendingActivities(id);
  if (pending === undefined) return undefined;
  const worst = pending.sort((one, other) => other.attempt - one.attempt)[0];
  const { type = null, attempt = 0, failure = null, failedAt = null } = worst ?? {};
  return { activity: type, day: day ?? null, attempt, failure, failedAt };
}

function keepWorst(into: Map<string, OpenRun>, table: string, found: OpenRun | undefined): void {
  const before = into.get(table);
  if (found && (!before || before.attempt < found.attempt)) into.set(table, found);
}
