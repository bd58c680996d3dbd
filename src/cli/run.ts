import type { Config } from '../config/load.ts';
import { parseDay } from '../model/day.ts';
import { failureText } from '../workflows/failureText.ts';
import { dailyId } from '../workflows/ids.ts';
import { dailyArchive } from '../workflows/index.ts';
import { withClient } from './connect.ts';
import { type CommonOptions, exitCodes, print } from './output.ts';

/** Runs the daily archive of one day now, and waits for it. */
export async function run(config: Config, options: CommonOptions & { day?: string }): Promise<number> {
  const day = parseDay(options.day ?? '');
  const { name: source } = config.source;
  const result = await withClient((client) =>
    client.workflow.execute(dailyArchive, {
      taskQueue: 'sediment',
      workflowId: dailyId(source, day),
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ source, day }],
      staticSummary: `archive ${day} of ${source}`,
    }),
  ).catch((error) => {
    throw new Error(`${day}: ${failureText(error)}`, { cause: error });
  });
  const named = (list: Record<string, string>, what: string) =>
    Object.entries(list).map(([table, reason]) => `${table} ${what}: ${reason}`);
  print(options, { day, ...result }, [
    `${day}: ${result.archivedDays} tables archived, ${result.rows} rows`,
    ...named(result.failed, 'failed'),
    ...named(result.refused, 'refused'),
    ...Object.keys(result.elsewhere).map((table) => `${table}: another run has it in hand`),
    ...result.unfinished.map((what) => `unfinished: ${what}`),
  ]);
  if (Object.keys(result.failed).length > 0 || result.unfinished.length > 0) return exitCodes.failed;
  return Object.keys(result.refused).length > 0 ? exitCodes.refused : exitCodes.ok;
}
