import type { Client } from '@temporalio/client';
import { ScheduleNotFoundError } from '@temporalio/client';
import type { Config } from '../config/load.ts';
import { applySchedule, dailySchedule, scheduleId } from '../schedules.ts';
import { registerSearchAttributes } from '../searchAttributes.ts';
import { type CommonOptions, exitCodes, print, withClient } from './context.ts';

export async function apply(config: Config, options: CommonOptions): Promise<number> {
  return withClient(async (client) => {
    const { what, changes, paused } = await applySchedule(client, config);
    const attributes = await register(client);
    const id = scheduleId(config.source.name);
    print(options, { schedule: id, what, changes, paused, searchAttributes: attributes.registered }, [
      `${id} ${what}: daily at ${config.schedule.at} UTC${paused ? ', paused as before' : ''}`,
      ...changes.map((change) => `  ${change}`),
      attributes.line,
    ]);
    return exitCodes.ok;
  });
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
    const reason = error instanceof Error ? error.message : String(error);
    return {
      registered: [],
      line: `search attributes could not be registered (${reason}); workflows run without them. By hand: temporal operator search-attribute create --name ArchiveTable --type Keyword, and ArchiveDay and ArchivePhase`,
    };
  }
}

export async function describe(config: Config, options: CommonOptions): Promise<number> {
  return onSchedule(config, async (client, id) => {
    const { state, info } = await dailySchedule(client, config.source.name).describe();
    const next = info.nextActionTimes.slice(0, 3).map((time) => time.toISOString());
    const counts = {
      taken: info.numActionsTaken,
      skipped: info.numActionsSkippedOverlap,
      missed: info.numActionsMissedCatchupWindow,
      running: info.runningActions.length,
    };
    print(options, { schedule: id, paused: state.paused, note: state.note ?? null, next, ...counts }, [
      `${id}: ${state.paused ? `paused${state.note ? `: ${state.note}` : ''}` : 'active'}`,
      `  next     ${next.join(', ') || 'never'}`,
      `  runs     ${counts.taken} started, ${counts.running} running, ${counts.skipped} skipped, ${counts.missed} missed`,
    ]);
    return exitCodes.ok;
  });
}

export function pause(config: Config, options: CommonOptions & { reason?: string }): Promise<number> {
  return onSchedule(config, async (client, id) => {
    await dailySchedule(client, config.source.name).pause(options.reason);
    print(options, { schedule: id, paused: true }, [
      `${id} paused: no run starts. Let it run again: sediment schedule unpause`,
    ]);
    return exitCodes.ok;
  });
}

export function unpause(config: Config, options: CommonOptions): Promise<number> {
  return onSchedule(config, async (client, id) => {
    await dailySchedule(client, config.source.name).unpause();
    print(options, { schedule: id, paused: false }, [`${id} runs again, daily at ${config.schedule.at} UTC`]);
    return exitCodes.ok;
  });
}

/** A schedule that isn't there is said in one line. */
function onSchedule(config: Config, work: (client: Client, id: string) => Promise<number>): Promise<number> {
  const id = scheduleId(config.source.name);
  return withClient(async (client) => {
    try {
      return await work(client, id);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new Error(`${id} isn't there yet; declare it with: sediment schedule apply`, { cause: error });
    }
  });
}
