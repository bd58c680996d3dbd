import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { formatTableName } from '../../model/tableName.ts';
import { type DrillOutcome, drillInWords } from '../../workflows/drill/outcome.ts';
import type { DrillArchiveInput } from '../../workflows/drillArchive.ts';
import { drillId } from '../../workflows/ids.ts';
import { drillArchive } from '../../workflows/index.ts';
import { withClient } from '../connect.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { follow } from '../run/follow.ts';
import { dayOption } from '../text/dayOption.ts';
import { exact } from '../text/format.ts';

interface DrillOptions extends CommonOptions {
  day?: string;
  schema?: string;
}

/** @throws WrongUse, InvalidDay */
export function checkDrill({ day }: DrillOptions, table?: string): void {
  if (day !== undefined) dayOption('--day', day);
  if (day !== undefined && table === undefined) throw new WrongUse('--day goes with a table');
}

/** Restores a day of each table by way of trial, proves it and drops it. Joins a drill that is running. */
export async function drill(config: Config, options: DrillOptions, named?: string): Promise<number> {
  const { name: source } = config.source;
  const { day, schema } = options;
  if (schema === undefined && !config.drill)
    throw new WrongUse(
      'The config names no schema for drills. Write drill: { schema: sediment_drill }, or --schema NAME',
    );
  const table = named === undefined ? undefined : formatTableName(findPolicy(config, named));
  const input: DrillArchiveInput = { source };
  if (table !== undefined) input.tables = [table];
  if (day !== undefined) input.day = day;
  if (schema !== undefined) input.schema = schema;
  return withClient(async (client) => {
    const handle = await client.workflow.start(drillArchive, {
      taskQueue: 'sediment',
      workflowId: drillId(source, table),
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
      staticSummary: `drill ${table ?? `of ${source}`} ${day ?? ''}`.trim(),
    });
    const again = `sediment drill ${named ?? ''}`.trim();
    const followed = { config, client, handle, options, name: 'the drill', again, progressLine };
    const outcome = await follow(followed);
    if (!outcome) return exitCodes.interrupted;
    const { drilled, failed } = outcome;
    print(options, { workflow: handle.workflowId, ...outcome }, [
      ...Object.entries(drilled).map(
        ([name, { day: own, rows, seconds }]) =>
          `${name} ${own}: ${exact(rows)} rows restored and proved in ${seconds} s`,
      ),
      ...Object.entries(failed).map(([tableDay, finding]) => `${tableDay} could not be restored: ${finding}`),
      `${drillInWords(outcome, exact)}.`,
    ]);
    return outcome.tablesFailed > 0 || outcome.tables === 0 ? exitCodes.failed : exitCodes.ok;
  });
}

function progressLine(outcome: DrillOutcome): string {
  return drillInWords(outcome, exact);
}
