import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';

/** Bounds in milliseconds. They travel in the inputs, so that a run can be given others. */
export interface Timeouts {
  /** A worker that sends no heartbeat for as long counts as gone. */
  heartbeatMillis?: number;
  /** How long a slice of a purge works. */
  sliceMillis?: number;
  /** All attempts of a plan, an export, a verification or a commit together. */
  exportMillis?: number;
  /** How long a purge that is held waits before it asks again. */
  waitMillis?: number;
  /** A day that takes longer to archive gives its table's slot to other tables. */
  patienceMillis?: number;
  /** A daily run closes after it, whatever is unfinished. */
  closeMillis?: number;
}

const minute = 60_000;
const defaultTimeouts = {
  heartbeatMillis: 30_000,
  sliceMillis: 5 * minute,
  exportMillis: 360 * minute,
  waitMillis: 30_000,
  patienceMillis: 60 * minute,
  // Four hours before the schedule's next run, which waits for this one.
  closeMillis: 20 * 60 * minute,
};

export function resolveTimeouts(timeouts: Timeouts = {}): Required<Timeouts> {
  return { ...defaultTimeouts, ...timeouts };
}

/** The activities of one group: those that share their timeouts and their priority. */
type Group<Name extends keyof Activities> = ReturnType<typeof proxyActivities<Pick<Activities, Name>>>;

/** Every activity is in one group, so that none can be called with the timeouts of another. */
export interface SourceActivities {
  planning: Group<'planDay' | 'planBackfill' | 'planAudit' | 'planHeal' | 'planDrill'>;
  procedures: Group<'deployProcedures'>;
  archiving: Group<'exportPartition' | 'commitManifest' | 'archiveUndated'>;
  verifying: Group<'verifyPartition'>;
  healing: Group<'healPartition'>;
  purging: Group<'purgeSlice'>;
  auditing: Group<'auditPartition' | 'auditFolders' | 'expireArchive'>;
  restoring: Group<'prepareRestore' | 'restorePartition' | 'preparePutBack' | 'putBackPartition' | 'endDrill'>;
  holding: Group<'holdTable' | 'releaseTable' | 'readHold'>;
}

/** The activities of one source. They run on its own task queue, because only its workers know its config. */
export function sourceActivities(source: string, timeouts: Timeouts = {}): SourceActivities {
  const { heartbeatMillis, sliceMillis, exportMillis } = resolveTimeouts(timeouts);
  const shared = {
    taskQueue: `sediment-${source}`,
    heartbeatTimeout: heartbeatMillis,
    // The default is TRY_CANCEL: a pause would answer with the slice still running.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED' as const,
    retry: { initialInterval: 1_000, maximumInterval: minute },
  };
  // Measured: behind 24 slices on 4 slots an export waited 29 s, with priorities 2 s.
  const bounded = (priorityKey: number) => ({
    ...shared,
    scheduleToCloseTimeout: exportMillis,
    priority: { priorityKey },
  });
  const unbounded = (priorityKey: number, startToCloseTimeout: number) => ({
    ...shared,
    startToCloseTimeout,
    priority: { priorityKey },
  });
  return {
    planning: proxyActivities(bounded(1)),
    procedures: proxyActivities(bounded(1)),
    archiving: proxyActivities(bounded(1)),
    verifying: proxyActivities(bounded(2)),
    healing: proxyActivities(bounded(3)),
    // A slice is retried for as long as it takes; an attempt ends well before twice its time.
    purging: proxyActivities(unbounded(4, 2 * sliceMillis)),
    // An audit gives way to all that somebody waits for.
    auditing: proxyActivities(bounded(5)),
    // A day of terabytes takes hours; its heartbeats say whether the worker lives. Somebody waits for it, so it goes before audits.
    restoring: proxyActivities(unbounded(4, 24 * 60 * minute)),
    // A person waits for the answer, which takes no longer than one statement.
    holding: proxyActivities(unbounded(1, minute)),
  };
}
