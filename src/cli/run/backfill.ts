import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { type Day, InvalidDay } from '../../model/day.ts';
import { formatTableName, shellWord } from '../../model/tableName.ts';
import { backfillId } from '../../workflows/ids.ts';
import { backfill as backfillWorkflow } from '../../workflows/index.ts';
import type { TableOutcome } from '../../workflows/run/outcome.ts';
import { withClient } from '../connect.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { dayOption } from '../text/dayOption.ts';
import { follow, runLine } from './follow.ts';

interface BackfillOptions extends CommonOptions {
  from?: string;
  to?: string;
  table?: string[];
}

/** @throws InvalidDay */
export function checkBackfill(options: BackfillOptions): void {
  rangeOf(options);
}

function rangeOf(options: BackfillOptions): { from: Day; to: Day } {
  const from = dayOption('--from', options.from);
  const to = dayOption('--to', options.to);
  if (from > to) throw new InvalidDay(`--from ${from} is after --to ${to}`);
  return { from, to };
}

/** Archives a range of days, both ends included, and reports those that were archived before. Nothing is purged. */
export async function backfill(config: Config, options: BackfillOptions): Promise<number> {
  const { from, to } = rangeOf(options);
  const tables = options.table?.map((name) => formatTableName(findPolicy(config, name)));
  const { name: source } = config.source;
  return withClient(async (client) => {
    const handle = await client.workflow.start(backfillWorkflow, {
      taskQueue: 'sediment',
      workflowId: backfillId(source, from, to, tables),
      // Joins a backfill of the same range that is running.
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ source, from, to, tables }],
      staticSummary: `backfill ${from} to ${to}`,
    });
    const range = `--from ${from} --to ${to}`;
    const chosen = tables ? ` --table ${tables.map(shellWord).join(' ')}` : '';
    const name = `backfill ${from} to ${to}`;
    const result = await follow({
      config,
      client,
      handle,
      options,
      name,
      again: `sediment backfill ${range}${chosen}`,
      progressLine: runLine,
    });
    if (!result) return exitCodes.interrupted;
    print(options, { workflow: handle.workflowId, from, to, ...result }, [
      ...Object.entries(result.tables).map(([table, found]) => `${table}  ${inWords(found, { from, to })}`),
      result.summary,
    ]);
    if (result.tablesFailed > 0) return exitCodes.failed;
    return result.tablesRefused > 0 ? exitCodes.refused : exitCodes.ok;
  });
}

function inWords(found: TableOutcome, range: { from: Day; to: Day }): string {
  if (found.failed) return `failed: ${found.failed}`;
  if (found.refused) return `refused: ${found.refused}`;
  if (found.elsewhere) return `in hand elsewhere: ${found.elsewhere.join(', ')}`;
  if (found.archived === 0 && found.alreadyArchived > 0) return `${range.from} to ${range.to} archived already`;
  return `${found.archived} days archived, ${found.rows.toLocaleString('en')} rows, ${found.alreadyArchived} archived already`;
}
