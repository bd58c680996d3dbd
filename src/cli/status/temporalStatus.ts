import type { Client } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import { archiveId, purgeId } from '../../workflows/ids.ts';
import { explain } from '../explain.ts';
import type { TableReport } from './tableStatus.ts';
import type { TemporalView } from './temporalView.ts';

/** A table's workflow that is running. */
export interface OpenRun {
  /** The highest attempt among its pending activities, counted from 1; 0 where none is pending. */
  attempt: number;
  /** Why its last attempt failed. */
  failure: string | null;
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
}

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
    for (const { table, archiving, debtDays, purging } of tables) {
      if (purging || debtDays > 0) await describe(view, purgeId(config.source.name, table), table, purges);
      if (archiving) await describe(view, archiveId(config.source.name, table, archiving.day), table, archives);
    }
    return { unreachable: null, workerHeardSecondsAgo: heard, purges, archives };
  } catch (error) {
    return { unreachable: explain(error).message, workerHeardSecondsAgo: null, purges, archives };
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
  into.set(table, { attempt: worst?.attempt ?? 0, failure: worst?.failure ?? null });
}
