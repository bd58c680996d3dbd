import {
  type CalendarSpec,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { auditTime } from './config/audit.ts';
import type { Config } from './config/load.ts';
import type { ScheduleCounts } from './telemetry/gauges.ts';
import { auditId, auditScheduleId, drillId, drillScheduleId, scheduleId } from './workflows/ids.ts';
import { auditArchive, dailyArchive, drillArchive } from './workflows/index.ts';

export { auditScheduleId, drillScheduleId, scheduleId };

export function dailySchedule(client: Client, source: string): ScheduleHandle {
  return client.schedule.getHandle(scheduleId(source));
}

export interface Applied {
  /** `absent`: the config says off, and there is none. */
  what: 'created' | 'updated' | 'unchanged' | 'removed' | 'absent';
  /** What is other than before, in words. */
  changes: string[];
  paused: boolean;
}

/** Declares the daily schedule: idempotent, and a paused schedule stays paused (P58). */
export function applySchedule(client: Client, config: Config): Promise<Applied> {
  return declare(client, scheduleId(config.source.name), dailyDeclaration(config));
}

/** Declares the audit's schedule likewise, or removes it where the config says `audit: off`. */
export function applyAuditSchedule(client: Client, config: Config): Promise<Applied> {
  return declareOrRemove(client, auditScheduleId(config.source.name), auditDeclaration(config));
}

/** Declares the drill's schedule likewise, or removes it where the config has no time for it. */
export function applyDrillSchedule(client: Client, config: Config): Promise<Applied> {
  return declareOrRemove(client, drillScheduleId(config.source.name), drillDeclaration(config));
}

async function declareOrRemove(client: Client, id: string, declared: Declaration | undefined): Promise<Applied> {
  if (declared) return declare(client, id, declared);
  try {
    await client.schedule.getHandle(id).delete();
    return { what: 'removed', changes: [], paused: false };
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return { what: 'absent', changes: [], paused: false };
  }
}

async function declare(client: Client, id: string, declared: Declaration): Promise<Applied> {
  const handle = client.schedule.getHandle(id);
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
  await client.schedule.create({ scheduleId: id, ...declared });
  return { what: 'created', changes: [], paused: false };
}

const minuteMillis = 60_000;
const dayMillis = 24 * 60 * minuteMillis;

interface Declaration {
  spec: { calendars: { hour: number; minute: number; dayOfWeek?: CalendarSpec['dayOfWeek'] }[]; jitter: number };
  policies: { overlap: ScheduleOverlapPolicy; catchupWindow: number };
  action: {
    type: 'startWorkflow';
    workflowType: string;
    workflowId: string;
    taskQueue: string;
    args: object[];
    staticSummary: string;
  };
}

function dailyDeclaration(config: Config): Declaration {
  const [hour = 1, minute = 30] = config.schedule.at.split(':').map(Number);
  return {
    // A UTC calendar: named zones fire no time, once or twice on change days.
    spec: specOf([{ hour, minute }]),
    policies: {
      // The default, SKIP, drops days without a word while a run is open (P55).
      overlap: ScheduleOverlapPolicy.BUFFER_ALL,
      catchupWindow: 30 * dayMillis,
    },
    action: {
      type: 'startWorkflow',
      workflowType: dailyArchive.name,
      workflowId: `daily/${encodeURIComponent(config.source.name)}`,
      taskQueue: 'sediment',
      args: [{ source: config.source.name }],
      staticSummary: `daily archive of ${config.source.name}`,
    },
  };
}

function auditDeclaration(config: Config): Declaration | undefined {
  if (!config.audit) return undefined;
  const { weekday, hour, minute } = auditTime(config.audit.at);
  const source = config.source.name;
  const expires = config.tables.some(({ archive }) => archive?.by === 'audit');
  return {
    spec: specOf([{ hour, minute, ...(weekday ? { dayOfWeek: weekday } : {}) }]),
    policies: {
      // An audit reads what was longest unread: one that is left out is made up for by the next.
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: dayMillis,
    },
    action: {
      type: 'startWorkflow',
      workflowType: auditArchive.name,
      workflowId: auditId(source),
      taskQueue: 'sediment',
      args: [{ source, daysATable: config.audit.daysATable, folders: true, ...(expires ? { expire: true } : {}) }],
      staticSummary: `audit of ${source}`,
    },
  };
}

function drillDeclaration(config: Config): Declaration | undefined {
  if (config.drill?.at === undefined) return undefined;
  const { weekday, hour, minute } = auditTime(config.drill.at);
  const source = config.source.name;
  return {
    spec: specOf([{ hour, minute, ...(weekday ? { dayOfWeek: weekday } : {}) }]),
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: dayMillis },
    action: {
      type: 'startWorkflow',
      workflowType: drillArchive.name,
      workflowId: drillId(source),
      taskQueue: 'sediment',
      args: [{ source }],
      staticSummary: `drill of ${source}`,
    },
  };
}

/** Jitter, so that the schedules of many sources don't all start on the minute; the nominal time stays what it is. */
function specOf(calendars: Declaration['spec']['calendars']): Declaration['spec'] {
  return { calendars, jitter: 5 * minuteMillis };
}

function differences(before: ScheduleDescription, declared: Declaration): string[] {
  const was = facts(
    before,
    (before.spec.calendars ?? []).map(({ dayOfWeek: [day], hour, minute }) => ({
      // Every day is a range of days.
      weekday: day && day.start === day.end ? day.start : undefined,
      hour: hour[0]?.start,
      minute: minute[0]?.start,
    })),
  );
  const is = facts(
    declared,
    declared.spec.calendars.map((each) => ({ ...each, weekday: each.dayOfWeek?.toString() })),
  );
  return Object.keys(is).flatMap((name) => (was[name] === is[name] ? [] : [`${name}: ${was[name]} → ${is[name]}`]));
}

interface Time {
  weekday?: string | undefined;
  hour: number | undefined;
  minute: number | undefined;
}

/** What is compared, in words, by name. */
function facts(
  { action, spec, policies }: ScheduleDescription | Declaration,
  times: readonly Time[],
): Record<string, string> {
  const clocks = times.map(({ weekday, hour, minute }) => {
    const clock = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':');
    return weekday ? `${weekday.slice(0, 1)}${weekday.slice(1, 3).toLowerCase()} ${clock}` : clock;
  });
  return {
    at: clocks.length > 0 ? `${clocks.join(', ')} UTC` : 'no time',
    jitter: `${(spec.jitter ?? 0) / minuteMillis} minutes`,
    overlap: String(policies.overlap),
    'catch-up': `${policies.catchupWindow / dayMillis} days`,
    workflow: `${action.workflowId} on ${action.taskQueue}`,
    input: JSON.stringify(action.args ?? []),
    summary: action.staticSummary ?? 'none',
  };
}

/** What Temporal counts about the daily schedule; undefined where there is none. */
export async function scheduleCounts(client: Client, source: string): Promise<ScheduleCounts | undefined> {
  try {
    const { info, state } = await client.schedule.getHandle(scheduleId(source)).describe();
    const { numActionsSkippedOverlap: skipped, numActionsMissedCatchupWindow: missed } = info;
    return { skipped, missed, paused: state.paused };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
