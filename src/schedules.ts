import { type Client, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Config } from './config/load.ts';
import { dailyArchive } from './workflows/index.ts';

export function scheduleId(source: string): string {
  return `sediment-daily/${encodeURIComponent(source)}`;
}

/** Declares the daily schedule: idempotent, and a paused schedule stays paused (P58). */
export async function applySchedule(client: Client, config: Config): Promise<'created' | 'updated'> {
  const [hour, minute] = config.schedule.at.split(':').map(Number);
  const declared = {
    spec: { calendars: [{ hour: hour ?? 1, minute: minute ?? 30 }] },
    // The default, SKIP, drops days without a word while a run is open (P55).
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ALL, catchupWindow: '30 days' },
    action: {
      type: 'startWorkflow' as const,
      workflowType: dailyArchive,
      workflowId: `daily/${encodeURIComponent(config.source.name)}`,
      taskQueue: 'sediment',
      args: [{ source: config.source.name }] as [{ source: string }],
    },
  };
  const handle = client.schedule.getHandle(scheduleId(config.source.name));
  try {
    await handle.update((previous) => ({ ...declared, state: previous.state }));
    return 'updated';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
  await client.schedule.create({ scheduleId: scheduleId(config.source.name), ...declared });
  return 'created';
}
