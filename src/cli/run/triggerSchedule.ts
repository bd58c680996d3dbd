import { type Client, type ScheduleHandle, ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import { auditScheduleId, scheduleId } from '../../schedules.ts';
import type { dailyArchive } from '../../workflows/index.ts';
import { withClient } from '../connect.ts';
import { exitCodes, print } from '../output.ts';
import { follow, runLine } from './follow.ts';
import { reportRun } from './run.ts';
import { onSchedule, type ScheduleOptions } from './schedule.ts';

/** A free schedule starts its run at once; one whose run is open starts this one after it. */
const startMillis = 10_000;

/** Has the schedule run now, after a run that is open, and follows the daily run to its end. */
export function trigger(config: Config, options: ScheduleOptions): Promise<number> {
  const id = options.audit ? auditScheduleId(config.source.name) : scheduleId(config.source.name);
  return withClient(async (client) => {
    const schedule = client.schedule.getHandle(id);
    const handle = await onSchedule(id, () => started(client, schedule));
    if (!handle || options.audit) {
      const when = handle ? `started ${handle.workflowId}` : 'starts one when the run that is open has ended';
      print(options, { schedule: id, workflow: handle?.workflowId ?? null }, [`${id} ${when}.`]);
      return exitCodes.ok;
    }
    const followed = { config, client, handle, options, progressLine: runLine };
    const result = await follow({ ...followed, name: 'the daily run', again: 'sediment run' });
    if (!result) return exitCodes.interrupted;
    return reportRun(options, result, { workflow: handle.workflowId, day: undefined });
  });
}

/** Triggers, and finds the run that was started for it; undefined if none was within ten seconds. */
async function started(
  client: Client,
  schedule: ScheduleHandle,
): Promise<WorkflowHandle<typeof dailyArchive> | undefined> {
  const runsOf = async () => {
    const { recentActions } = (await schedule.describe()).info;
    return recentActions.map(({ action }) => action.workflow);
  };
  const before = new Set((await runsOf()).map(({ firstExecutionRunId }) => firstExecutionRunId));
  await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ALL);
  const deadline = Date.now() + startMillis;
  while (Date.now() < deadline) {
    const fresh = (await runsOf()).findLast(({ firstExecutionRunId }) => !before.has(firstExecutionRunId));
    if (fresh) return client.workflow.getHandle(fresh.workflowId, undefined, fresh);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return undefined;
}
