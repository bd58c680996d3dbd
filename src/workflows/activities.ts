import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';

/** Bounds in milliseconds. They travel in the inputs, so that a run can be given others. */
export interface Timeouts {
  heartbeatMillis?: number;
  sliceMillis?: number;
  exportMillis?: number;
}

export const defaultTimeouts = { heartbeatMillis: 30_000, sliceMillis: 300_000, exportMillis: 6 * 3600_000 };

/** The activities of one source: they run on its own queue, for only its workers know its config. */
export function sourceActivities(source: string, timeouts: Timeouts = {}) {
  const { heartbeatMillis, sliceMillis, exportMillis } = { ...defaultTimeouts, ...timeouts };
  const shared = {
    taskQueue: `sediment-${source}`,
    heartbeatTimeout: heartbeatMillis,
    // The default is TRY_CANCEL: a pause would answer with the slice still running.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED' as const,
    retry: { initialInterval: 1_000, maximumInterval: 60_000 },
  };
  const exports = proxyActivities<Activities>({
    ...shared,
    scheduleToCloseTimeout: exportMillis,
    priority: { priorityKey: 1 },
  });
  const verifications = proxyActivities<Activities>({
    ...shared,
    scheduleToCloseTimeout: exportMillis,
    priority: { priorityKey: 2 },
  });
  const heals = proxyActivities<Activities>({
    ...shared,
    scheduleToCloseTimeout: exportMillis,
    priority: { priorityKey: 3 },
  });
  const slices = proxyActivities<Activities>({
    ...shared,
    startToCloseTimeout: 2 * sliceMillis,
    priority: { priorityKey: 4 },
  });
  return { exports, verifications, heals, slices, sliceMillis };
}
