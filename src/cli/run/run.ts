import type { Config } from '../../config/load.ts';
import type { Day } from '../../model/day.ts';
import type { DailyArchiveResult } from '../../workflows/dailyArchive.ts';
import { dailyId } from '../../workflows/ids.ts';
import { dailyArchive } from '../../workflows/index.ts';
import { withClient } from '../connect.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { dayOption } from '../text/dayOption.ts';
import { counted, exact } from '../text/format.ts';
import { follow, runLine } from './follow.ts';

interface RunOptions extends CommonOptions {
  day?: string;
}

export function checkRun({ day }: RunOptions): void {
  if (day !== undefined) dayOption('--day', day);
}

/** Runs the daily archive now, or that of one day, and follows it to its end. Joins one that was started so and is running. */
export async function run(config: Config, options: RunOptions): Promise<number> {
  const day = options.day === undefined ? undefined : dayOption('--day', options.day);
  const { name: source } = config.source;
  return withClient(async (client) => {
    const handle = await client.workflow.start(dailyArchive, {
      taskQueue: 'sediment',
      workflowId: dailyId(source, day ?? 'now'),
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [day === undefined ? { source } : { source, day }],
      staticSummary: day === undefined ? `daily archive of ${source}, by hand` : `archive ${day} of ${source}`,
    });
    const name = day ?? 'the daily run';
    const again = day === undefined ? 'sediment run' : `sediment run --day ${day}`;
    const result = await follow({ config, client, handle, options, name, again, progressLine: runLine });
    if (!result) return exitCodes.interrupted;
    return reportRun(options, result, { workflow: handle.workflowId, day });
  });
}

/** Prints what a daily run has done. @param ran `day`: the only one that was asked for */
export function reportRun(
  options: CommonOptions,
  result: DailyArchiveResult,
  ran: { workflow: string; day: Day | undefined },
): number {
  const named = (list: Record<string, string>, what: string) =>
    Object.entries(list).map(([table, reason]) => `${table} ${what}: ${reason}`);
  const done = ran.day
    ? `${ran.day}: ${counted(result.archivedDays, 'table')} archived, ${exact(result.rows)} rows`
    : `${counted(result.archivedDays, 'day')} of tables archived, ${exact(result.rows)} rows. Purges that are due were started: sediment status --watch`;
  print(options, { ...ran, ...result }, [
    done,
    ...named(result.failed, 'failed'),
    ...named(result.refused, 'refused'),
    ...Object.keys(result.elsewhere).map((table) => `${table}: another run has it in hand`),
    ...result.unfinished.map((what) => `unfinished: ${what}`),
  ]);
  if (Object.keys(result.failed).length > 0 || result.unfinished.length > 0) return exitCodes.failed;
  return Object.keys(result.refused).length > 0 ? exitCodes.refused : exitCodes.ok;
}
