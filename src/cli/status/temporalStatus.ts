import type { Client } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import type { OpenWork } from '../../model/tableState.ts';
import { archiveId, purgeId, scheduleId } from '../../workflows/ids.ts';
import { explain } from '../explain.ts';
import type { TableReport } from './tableStatus.ts';
import type { TemporalView } from './temporalView.ts';

/** A table's workflow that is running: what it says of the pending activity with the highest attempt. */
export type OpenRun = OpenWork;

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
  /** Null where there is no daily schedule, or Temporal didn't answer. */
  schedule: ScheduleReport | null;
}

/** Questions about so many tables are under way at one time. */
const tablesAtOnce = 32;
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
    const asked = view;
    for (let at = 0; at < tables.length; at += tablesAtOnce)
      await Promise.all(
        tables.slice(at, at + tablesAtOnce).map(async ({ table, archiving, missing, debtDays, purging, lastDue }) => {
          if (purging || debtDays > 0) await describe(asked, purgeId(config.source.name, table), table, purges);
          // A run archives its own day first; before the table's first archive the ledger knows of no day.
          const day = archiving?.day ?? missing?.to ?? lastDue;
          await describe(asked, archiveId(config.source.name, table, day), table, archives);
        }),
      );
    return { unreachable: null, workerHeardSecondsAgo: heard, purges, archives, schedule };
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

async function describe(view: TemporalView, id: string, table: string, into: Map<string, OpenRun>): Promise<void> {
  const pending = await view.pendingActivities(id);
  if (pending === undefined) return;
  const worst = pending.sort((one, other) => other.attempt - one.attempt)[0];
  const { type = null, attempt = 0, failure = null, failedAt = null } = worst ?? {};
  into.set(table, { activity: type, attempt, failure, failedAt });
}
