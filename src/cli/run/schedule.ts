import type { Client } from '@temporalio/client';
import { ScheduleNotFoundError } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import { messageOf } from '../../model/error.ts';
import {
  type Applied,
  applyAuditSchedule,
  applyDrillSchedule,
  applySchedule,
  auditScheduleId,
  drillScheduleId,
  scheduleId,
} from '../../schedules.ts';
import { registerSearchAttributes } from '../../searchAttributes.ts';
import { withClient } from '../connect.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { reasonOf } from '../text/owner.ts';

export async function apply(config: Config, options: CommonOptions): Promise<number> {
  return withClient(async (client) => {
    const { name } = config.source;
    const applied = [
      { schedule: scheduleId(name), at: whenOf(config, false), ...(await applySchedule(client, config)) },
      { schedule: auditScheduleId(name), at: whenOf(config, true), ...(await applyAuditSchedule(client, config)) },
    ];
    const drills = {
      schedule: drillScheduleId(name),
      at: drillTime(config),
      ...(await applyDrillSchedule(client, config)),
    };
    // A config without drills says nothing of them.
    if (drills.what !== 'absent') applied.push(drills);
    const attributes = await register(client);
    print(options, { schedules: applied, searchAttributes: attributes.registered }, [
      ...applied.flatMap(appliedLines),
      attributes.line,
    ]);
    return exitCodes.ok;
  });
}

function whenOf(config: Config, audit: boolean): string {
  if (!audit) return `daily at ${config.schedule.at} UTC`;
  if (!config.audit) return 'the config says audit: off';
  const { at } = config.audit;
  return `${at.includes(' ') ? 'weekly' : 'daily'} at ${at} UTC`;
}

function drillTime({ drill }: Config): string {
  return drill?.at === undefined ? 'the config names no time for drills' : `drill at ${drill.at} UTC`;
}

function appliedLines({ schedule, at, what, changes, paused }: Applied & { schedule: string; at: string }): string[] {
  if (what === 'absent') return [`${schedule} is left out: ${at}`];
  return [`${schedule} ${what}: ${at}${paused ? ', paused as before' : ''}`, ...changes.map((change) => `  ${change}`)];
}

async function register(client: Client): Promise<{ registered: string[]; line: string }> {
  try {
    const registered = await registerSearchAttributes(client.connection, client.options.namespace);
    return {
      registered,
      line:
        registered.length > 0
          ? `search attributes registered: ${registered.join(', ')}`
          : 'search attributes: all there',
    };
  } catch (error) {
    const reason = messageOf(error);
    return {
      registered: [],
      line:
        `search attributes could not be registered (${reason}); workflows run without them. By hand: temporal ` +
        'operator search-attribute create --name ArchiveTable --type Keyword, and ArchiveDay and ArchivePhase',
    };
  }
}

/** The daily schedule, and the audit's and the drill's if the config has one. */
export async function describe(config: Config, options: CommonOptions): Promise<number> {
  return withClient(async (client) => {
    const { name } = config.source;
    const ids = [scheduleId(name)];
    if (config.audit) ids.push(auditScheduleId(name));
    if (config.drill?.at !== undefined) ids.push(drillScheduleId(name));
    const found = [];
    for (const id of ids) found.push(await onSchedule(id, () => describeOne(client, id)));
    print(
      options,
      { schedules: found },
      found.flatMap(({ schedule, paused, note, next, taken, running, skipped, missed }) => [
        `${schedule}: ${paused ? `paused${note ? `: ${note}` : ''}` : 'active'}`,
        `  next     ${next.join(', ') || 'never'}`,
        `  runs     ${taken} started, ${running} running, ${skipped} skipped, ${missed} missed`,
      ]),
    );
    return exitCodes.ok;
  });
}

async function describeOne(client: Client, schedule: string) {
  const { state, info } = await client.schedule.getHandle(schedule).describe();
  return {
    schedule,
    paused: state.paused,
    note: state.note ?? null,
    next: info.nextActionTimes.slice(0, 3).map((time) => time.toISOString()),
    taken: info.numActionsTaken,
    skipped: info.numActionsSkippedOverlap,
    missed: info.numActionsMissedCatchupWindow,
    running: info.runningActions.length,
  };
}

/** The daily schedule, or with `--audit` the audit's. */
export interface ScheduleOptions extends CommonOptions {
  audit?: boolean;
}

export function checkReason(options: ScheduleOptions & { reason?: string }): void {
  reasonOf(options);
}

const idOf = (config: Config, { audit }: ScheduleOptions) =>
  audit ? auditScheduleId(config.source.name) : scheduleId(config.source.name);

export function pause(config: Config, options: ScheduleOptions & { reason?: string }): Promise<number> {
  const id = idOf(config, options);
  return withClient(async (client) => {
    await onSchedule(id, () => client.schedule.getHandle(id).pause(options.reason));
    print(options, { schedule: id, paused: true }, [
      `${id} paused: no run starts. Let it run again: sediment schedule unpause${options.audit ? ' --audit' : ''}`,
    ]);
    return exitCodes.ok;
  });
}

export function unpause(config: Config, options: ScheduleOptions): Promise<number> {
  const id = idOf(config, options);
  return withClient(async (client) => {
    await onSchedule(id, () => client.schedule.getHandle(id).unpause());
    print(options, { schedule: id, paused: false }, [`${id} runs again, ${whenOf(config, options.audit === true)}`]);
    return exitCodes.ok;
  });
}

/** A schedule that doesn't exist becomes one line with the command that makes it. */
export async function onSchedule<T>(id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new Error(`${id} isn't there yet; declare it with: sediment schedule apply`, { cause: error });
  }
}
