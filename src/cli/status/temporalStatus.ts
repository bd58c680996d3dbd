import type { Client } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import { archiveId, purgeId } from '../../workflows/ids.ts';
import { explain } from '../explain.ts';
import type { TableReport } from './tableStatus.ts';
import type { TemporalView } from './temporalView.ts';

/** A table's run that is open now. */
export interface OpenRun {
  /** The attempt of the activity that fares worst, counted from 1; 0 where none is under way. */
  attempt: number;
  /** Why its last attempt failed. */
  failure: string | null;
}

/** What Temporal adds to the ledger. It may be down: the ledger stands without it. */
export interface TemporalReport {
  /** Why Temporal said nothing; null where it answered. */
  unreachable: string | null;
  /** Seconds since a worker of the source last asked for work; null where none did in five minutes. */
  workerHeardSecondsAgo: number | null;
  /** By `db.table`. */
  purges: ReadonlyMap<string, OpenRun>;
  archives: ReadonlyMap<string, OpenRun>;
}

/** Longer than a healthy server ever takes, short enough to wait for at 3 a.m. */
const answerMillis = 5_000;
/** A worker's question waits for work for a minute: one that is older than this one's last question may be dead. */
export const liveWorkerSeconds = 75;

/** Never throws: what Temporal doesn't say is told as that. */
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

/** On standard error: what was asked for waits for a worker, where none is up. */
export async function noteWithoutWorker(client: Client, config: Config): Promise<void> {
  const heard = await workerHeard(client, `sediment-${config.source.name}`);
  if (heard === null || heard > liveWorkerSeconds)
    process.stderr.write(`no worker of ${config.source.name} is up; this waits for one. Start it: sediment worker\n`);
}

async function workerHeard(client: Client, queue: string): Promise<number | null> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    // An activity's queue: the source's own.
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
