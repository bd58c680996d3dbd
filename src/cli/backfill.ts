import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { type Day, InvalidDay, parseDay } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { failureText } from '../workflows/failureText.ts';
import { backfillId } from '../workflows/ids.ts';
import { backfill as backfillWorkflow } from '../workflows/index.ts';
import type { Outcome, TableOutcome } from '../workflows/run/outcome.ts';
import { withClient } from './connect.ts';
import { type CommonOptions, exitCodes, print } from './output.ts';

/** Archives a range of days, both ends included, and reports those that were archived before. Nothing is purged. */
export async function backfill(
  config: Config,
  options: CommonOptions & { from?: string; to?: string; table?: string[] },
): Promise<number> {
  const from = parseDay(options.from ?? '');
  const to = parseDay(options.to ?? '');
  if (from > to) throw new InvalidDay(`--from ${from} is after --to ${to}`);
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
    const result = await followed(client, handle, options).catch((error) => {
      throw new Error(`backfill ${from} to ${to}: ${failureText(error)}`, { cause: error });
    });
    print(options, { workflow: handle.workflowId, from, to, ...result }, [
      ...Object.entries(result.tables).map(([table, found]) => `${table}  ${inWords(found, { from, to })}`),
      result.summary,
    ]);
    if (result.tablesFailed > 0) return exitCodes.failed;
    return result.tablesRefused > 0 ? exitCodes.refused : exitCodes.ok;
  });
}

/** Waits for the backfill's end. On a terminal, shows its progress on standard error meanwhile, redrawn in place. */
async function followed(client: Client, handle: WorkflowHandle<typeof backfillWorkflow>, options: CommonOptions) {
  const live = process.stderr.isTTY && !options.json;
  let ended = false;
  const result = handle.result().finally(() => {
    ended = true;
  });
  const watching = async () => {
    while (!ended) {
      // Without a worker a query isn't answered; the result is waited for all the same.
      const found = await client
        .withDeadline(Date.now() + 5_000, () => handle.query<Outcome>('progress'))
        .catch(() => undefined);
      if (found && !ended) process.stderr.write(`\r\x1b[K${progressLine(found)}`);
      await Promise.race([result.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    }
    process.stderr.write('\r\x1b[K');
  };
  await Promise.all([live ? watching() : undefined, result.catch(() => undefined)]);
  return result;
}

function progressLine(outcome: Outcome): string {
  const { archivedDays, alreadyArchived, rows, tablesFailed } = outcome;
  const open = Object.values(outcome.tables).reduce((sum, found) => sum + found.days - found.archived, 0);
  const failed = tablesFailed > 0 ? `, ${tablesFailed} tables failed` : '';
  return `${archivedDays} days archived, ${open} to go, ${alreadyArchived} archived already, ${rows.toLocaleString('en')} rows${failed}`;
}

function inWords(found: TableOutcome, range: { from: Day; to: Day }): string {
  if (found.failed) return `failed: ${found.failed}`;
  if (found.refused) return `refused: ${found.refused}`;
  if (found.elsewhere) return `in hand elsewhere: ${found.elsewhere.join(', ')}`;
  if (found.archived === 0 && found.alreadyArchived > 0) return `${range.from} to ${range.to} archived already`;
  return `${found.archived} days archived, ${found.rows.toLocaleString('en')} rows, ${found.alreadyArchived} archived already`;
}
