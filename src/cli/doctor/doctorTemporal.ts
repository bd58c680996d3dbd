import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import { auditScheduleId, scheduleId } from '../../schedules.ts';
import { temporalAddress, withClient } from '../connect.ts';
import { explain } from '../explain/explain.ts';
import { readTemporalReport } from '../status/temporalStatus.ts';
import { workerNotes } from '../text/statusText.ts';
import type { Finding } from './finding.ts';

/** Columns of the web UI's lists; all keywords. */
const searchAttributes = ['ArchiveTable', 'ArchiveDay', 'ArchivePhase'];

/** Server, namespace, search attributes, the schedule, and whether a worker is up. */
export async function checkTemporal(config: Config): Promise<Finding[]> {
  const { address, namespace } = temporalAddress();
  try {
    return await withClient(async (client) => [
      { what: 'temporal', level: 'ok', message: `${address}, namespace ${namespace}` },
      ...(await checkAttributes(client, namespace)),
      await checkSchedule(client, scheduleId(config.source.name), 'sediment schedule unpause'),
      ...(config.audit
        ? [await checkSchedule(client, auditScheduleId(config.source.name), 'sediment schedule unpause --audit')]
        : []),
      ...(await checkWorker(config)),
    ]);
  } catch (error) {
    return [{ what: 'temporal', level: 'failed', message: explain(error).message }];
  }
}

async function checkAttributes(client: Client, namespace: string): Promise<Finding[]> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributes.filter((name) => !customAttributes?.[name]);
  if (missing.length === 0) return [];
  const create = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
  return [
    {
      what: 'temporal',
      level: 'note',
      message:
        `search attributes ${missing.join(', ')} aren't registered, so lists of workflows have no such columns; ` +
        `temporal operator search-attribute create --namespace ${namespace} ${create}`,
    },
  ];
}

/** @param unpause the command that lets it start runs again */
async function checkSchedule(client: Client, id: string, unpause: string): Promise<Finding> {
  try {
    const { state, info } = await client.schedule.getHandle(id).describe();
    if (state.paused)
      return {
        what: 'schedule',
        level: 'note',
        message: `${id} is paused${state.note ? ` ("${state.note}")` : ''}; ${unpause}`,
      };
    const next = info.nextActionTimes[0]?.toISOString().slice(0, 16).replace('T', ' ');
    return { what: 'schedule', level: 'ok', message: `${id}, next at ${next ?? 'no time'} UTC` };
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return {
      what: 'schedule',
      level: 'note',
      message: `${id} isn't there: nothing runs by itself; sediment schedule apply`,
    };
  }
}

async function checkWorker(config: Config): Promise<Finding[]> {
  const temporal = await readTemporalReport(config, []);
  const notes = workerNotes({ temporal, source: config.source.name });
  if (notes.length === 0)
    return [{ what: 'worker', level: 'ok', message: `asked for work ${temporal.workerHeardSecondsAgo} s ago` }];
  return notes.map(({ text, command }) => ({
    what: 'worker',
    level: 'note',
    message: [text, command ?? ''].join(' ').trim(),
  }));
}
