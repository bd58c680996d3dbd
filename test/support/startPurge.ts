import type { Day } from '../../src/model/day.ts';
import { purgeTable } from '../../src/workflows/index.ts';
import type { Scene } from './temporalScene.ts';

/** Who pauses in the tests of a purge, and the day that it is about. */
export const oncall = { owner: 'oncall', reason: 'month-end close' };
export const purgedDay = '2026-08-01' as Day;

/** Starts the purge of a table in a scene; `input` says what differs. */
export function startPurge({ client, source }: Scene, input: object = {}) {
  return client.workflow.start(purgeTable, {
    taskQueue: 'sediment',
    workflowId: 'purge/one',
    args: [{ source, table: 'shop.orders', cutoff: '2026-09-01', timeouts: { heartbeatMillis: 5_000 }, ...input }],
  });
}
