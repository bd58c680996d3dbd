import { type Day, daysBetween, InvalidDay, parseDay } from '../archive/day.ts';
import { formatTableName } from '../archive/tableName.ts';
import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { applySchedule, scheduleId } from '../schedules.ts';
import { archiveId } from '../workflows/ids.ts';
import { archiveTable, dailyArchive } from '../workflows/index.ts';
import { type CommonOptions, exitCodes, print, withClient } from './context.ts';

/** Runs the daily archive of one day now, and waits for it. */
export async function run(config: Config, options: CommonOptions & { day?: string }): Promise<number> {
  const day = parseDay(options.day ?? '');
  const result = await withClient((client) =>
    client.workflow.execute(dailyArchive, {
      taskQueue: 'sediment',
      workflowId: `daily/${config.source.name}/${day}`,
      args: [{ source: config.source.name, day }],
    }),
  );
  const failed = Object.entries(result.failed).map(([table, reason]) => `${table} failed: ${reason}`);
  const refused = Object.entries(result.refused).map(([table, reason]) => `${table} refused: ${reason}`);
  print(options, { day, ...result }, [
    `${day}: ${result.archivedDays} tables archived, ${result.rows} rows`,
    ...failed,
    ...refused,
  ]);
  if (failed.length > 0) return exitCodes.failed;
  return refused.length > 0 ? exitCodes.refused : exitCodes.ok;
}

/** Archives a range of days, both ends included, one after the other; archived days are a no-op that says so. */
export async function backfill(
  config: Config,
  options: CommonOptions & { from?: string; to?: string; table?: string[] },
): Promise<number> {
  const [from, to] = [parseDay(options.from ?? ''), parseDay(options.to ?? '')];
  if (from > to) throw new InvalidDay(`--from ${from} is after --to ${to}`);
  const tables = (options.table ?? config.tables.map(formatTableName)).map((name) => {
    const policy = findPolicy(config, name);
    return formatTableName(policy);
  });
  const outcomes: { table: string; day: Day; rows?: number; alreadyArchived?: boolean; error?: string }[] = [];
  await withClient(async (client) => {
    for (const table of tables)
      for (const day of daysBetween(from, to)) {
        try {
          const { rows, alreadyArchived } = await client.workflow.execute(archiveTable, {
            taskQueue: 'sediment',
            workflowId: archiveId(config.source.name, table, day),
            workflowIdConflictPolicy: 'USE_EXISTING',
            args: [{ source: config.source.name, table, day }],
          });
          outcomes.push({ table, day, rows, alreadyArchived });
        } catch (error) {
          const cause =
            error instanceof Error && error.cause instanceof Error ? (error.cause.cause ?? error.cause) : error;
          outcomes.push({ table, day, error: cause instanceof Error ? cause.message : String(cause) });
        }
        const last = outcomes.at(-1);
        if (!options.json)
          process.stdout.write(
            `${table} ${day}  ${last?.error ?? (last?.alreadyArchived ? 'archived already' : `${last?.rows} rows`)}\n`,
          );
      }
  });
  if (options.json) print(options, { outcomes }, []);
  return outcomes.some((each) => each.error) ? exitCodes.failed : exitCodes.ok;
}

export async function scheduleApply(config: Config, options: CommonOptions): Promise<number> {
  const what = await withClient((client) => applySchedule(client, config));
  const id = scheduleId(config.source.name);
  print(options, { schedule: id, what }, [`${id} ${what}: daily at ${config.schedule.at} UTC`]);
  return exitCodes.ok;
}
