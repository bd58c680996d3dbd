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
  print(options, { ...ran, ...result }, [
    doneLine(result, ran.day),
    ...named(result.failed, 'failed'),
    ...named(result.refused, 'refused'),
    ...Object.keys(result.elsewhere).map((table) => `${table}: another run has it in hand`),
    ...result.unfinished.map((what) => `unfinished: ${what}`),
  ]);
  if (Object.keys(result.failed).length > 0 || result.unfinished.length > 0) return exitCodes.failed;
  return Object.keys(result.refused).length > 0 ? exitCodes.refused : exitCodes.ok;
}

function doneLine(
  { archivedDays, rows, failed, refused, elsewhere, unfinished }: DailyArchiveResult,
  day?: Day,
): string {
  const isClean = [failed, refused, elsewhere, unfinished].every((found) => Object.keys(found).length === 0);
  if (day && archivedDays === 0 && isClean) return `${day}: nothing to do, each table's day is archived already`;
  if (day) return `${day}: ${counted(archivedDays, 'table')} archived, ${exact(rows)} rows`;
  const done = `${counted(archivedDays, 'day')} of tables archived, ${exact(rows)} rows.`;
  if (archivedDays === 0 && Object.keys(failed).length > 0) return done;
  return `${done} Purges that are due were started: sediment status --watch`;
}
