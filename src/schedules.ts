import {
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { Config } from './config/load.ts';
import type { DailyArchiveInput } from './workflows/dailyArchive.ts';
import { dailyArchive } from './workflows/index.ts';

export function scheduleId(source: string): string {
  return `sediment-daily/${encodeURIComponent(source)}`;
}

export function dailySchedule(client: Client, source: string): ScheduleHandle {
  return client.schedule.getHandle(scheduleId(source));
}

export interface Applied {
  what: 'created' | 'updated' | 'unchanged';
  /** What is other than before, in words. */
  changes: string[];
  paused: boolean;
}

/** Declares the daily schedule: idempotent, and a paused schedule stays paused (P58). */
export async function applySchedule(client: Client, config: Config): Promise<Applied> {
  const declared = declaration(config);
  const handle = dailySchedule(client, config.source.name);
  try {
    const before = await handle.describe();
    const changes = differences(before, declared);
    const { paused } = before.state;
    if (changes.length === 0) return { what: 'unchanged', changes, paused };
    // An update without the state would unpause it.
    await handle.update((previous) => ({ ...declared, state: previous.state }));
    return { what: 'updated', changes, paused };
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
  await client.schedule.create({ scheduleId: scheduleId(config.source.name), ...declared });
  return { what: 'created', changes: [], paused: false };
}

const minuteMillis = 60_000;
const dayMillis = 24 * 60 * minuteMillis;

function declaration(config: Config) {
  const [hour = 1, minute = 30] = config.schedule.at.split(':').map(Number);
  return {
    spec: {
      // A UTC calendar: named zones fire no time, once or twice on change days.
      calendars: [{ hour, minute }],
      // So that the schedules of many sources don't all start on the minute; the nominal time stays what it is.
      jitter: 5 * minuteMillis,
    },
    policies: {
      // The default, SKIP, drops days without a word while a run is open (P55).
      overlap: ScheduleOverlapPolicy.BUFFER_ALL,
      catchupWindow: 30 * dayMillis,
    },
    action: {
      type: 'startWorkflow' as const,
      workflowType: dailyArchive,
      workflowId: `daily/${encodeURIComponent(config.source.name)}`,
      taskQueue: 'sediment',
      args: [{ source: config.source.name }] as [DailyArchiveInput],
      staticSummary: `daily archive of ${config.source.name}`,
    },
  };
}

function differences(before: ScheduleDescription, declared: ReturnType<typeof declaration>): string[] {
  const was = facts(
    before,
    (before.spec.calendars ?? []).map((each) => [each.hour[0]?.start, each.minute[0]?.start]),
  );
  const is = facts(
    declared,
    declared.spec.calendars.map((each) => [each.hour, each.minute]),
  );
  return Object.keys(is).flatMap((name) => (was[name] === is[name] ? [] : [`${name}: ${was[name]} → ${is[name]}`]));
}

/** What is compared, in words, by name. */
function facts(
  { action, spec, policies }: ScheduleDescription | ReturnType<typeof declaration>,
  times: readonly (number | undefined)[][],
): Record<string, string> {
  const padded = times.map((time) => time.map((part) => String(part).padStart(2, '0')).join(':'));
  return {
    at: padded.length > 0 ? `${padded.join(', ')} UTC` : 'no time',
    jitter: `${(spec.jitter ?? 0) / minuteMillis} minutes`,
    overlap: String(policies.overlap),
    'catch-up': `${policies.catchupWindow / dayMillis} days`,
    workflow: `${action.workflowId} on ${action.taskQueue}`,
    input: JSON.stringify(action.args ?? []),
    summary: action.staticSummary ?? 'none',
  };
}
