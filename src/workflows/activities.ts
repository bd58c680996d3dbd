import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';

/** Bounds in milliseconds. They travel in the inputs, so that a run can be given others. */
export interface Timeouts {
  /** After which a worker that isn't heard of counts as gone. */
  heartbeatMillis?: number;
  /** How long a slice of a purge works. */
  sliceMillis?: number;
  /** All attempts of a plan, an export, a verification or a commit together. */
  exportMillis?: number;
  /** How long a purge that is held waits before it asks again. */
  waitMillis?: number;
  /** After which a day's archive no longer takes a place from other tables. */
  patienceMillis?: number;
  /** After which a daily run closes, whatever is unfinished. */
  closeMillis?: number;
}

const minute = 60_000;
export const defaultTimeouts = {
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

/** The activities of one source: they run on its own queue, for only its workers know its config. */
export function sourceActivities(source: string, timeouts: Timeouts = {}) {
  const { heartbeatMillis, sliceMillis, exportMillis } = resolveTimeouts(timeouts);
  const shared = {
    taskQueue: `sediment-${source}`,
    heartbeatTimeout: heartbeatMillis,
    // The default is TRY_CANCEL: a pause would answer with the slice still running.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED' as const,
    retry: { initialInterval: 1_000, maximumInterval: minute },
  };
  // Measured: behind 24 slices on 4 slots an export waited 29 s, with priorities 2 s.
  const bounded = (priorityKey: number) =>
    proxyActivities<Activities>({ ...shared, scheduleToCloseTimeout: exportMillis, priority: { priorityKey } });
  const endless = (priorityKey: number, startToCloseTimeout: number) =>
    proxyActivities<Activities>({ ...shared, startToCloseTimeout, priority: { priorityKey } });
  return {
    plans: bounded(1),
    exports: bounded(1),
    verifications: bounded(2),
    heals: bounded(3),
    /** A scrub gives way to all that is being waited for. */
    audits: bounded(5),
    slices: endless(4, 2 * sliceMillis),
    /** Holds: short, and asked for by a person who waits. */
    holds: endless(1, minute),
  };
}
