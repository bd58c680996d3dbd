import type { WorkflowHandle } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import type { TablePolicy } from '../../config/policy.ts';
import type { Day } from '../../model/day.ts';
import { formatTableName } from '../../model/tableName.ts';
import type { RestoreRequest } from '../../restore/planRestore.ts';
import { restoreId } from '../../workflows/ids.ts';
import { restoreTable } from '../../workflows/index.ts';
import { type RestoreOutcome, restoreInWords } from '../../workflows/restore/outcome.ts';
import type { RestoreTableInput } from '../../workflows/restoreTable.ts';
import { withClient } from '../connect.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { follow } from '../run/follow.ts';
import { counted, exact, size } from '../text/format.ts';

/** The days and the condition of a restore, in words. */
function wordsOf({ from, to, where }: RestoreRequest): string {
  return `${from === to ? from : `${from} to ${to}`}${where === undefined ? '' : `, --where ${where}`}`;
}

/** A restore of other days into the same table may be running: to follow it would be to report of other rows. */
async function requireSameRequest(handle: WorkflowHandle, request: RestoreRequest, target: string): Promise<void> {
  const running = (await handle.describe()).memo?.request;
  if (running === undefined || running === wordsOf(request)) return;
  throw new Error(
    `restore: another one into ${target} is running, of ${running}; wait for it, or name another table with --into`,
  );
}

export function daysArgument({ from, to }: { from: Day; to: Day }): string {
  return from === to ? `--day ${from}` : `--from ${from} --to ${to}`;
}

function progressLine(outcome: RestoreOutcome): string {
  return `${restoreInWords(outcome, exact)}, of ${exact(outcome.rowsArchived)}`;
}

const daysListed = 20;

/** A plan's days, a line each up to a number, and what of the request isn't a day of it. */
export function requestLines(days: readonly string[], missing: readonly Day[], { where }: RestoreRequest): string[] {
  return [
    ...days.slice(0, daysListed),
    ...(days.length > daysListed ? [`  and ${days.length - daysListed} more`] : []),
    ...(missing.length > 0
      ? [`${counted(missing.length, 'day')} of the range not archived, the first ${missing[0]}`]
      : []),
    ...(where === undefined ? [] : [`of these the rows with ${where}`]),
  ];
}

/** A restore that is to run. */
export interface RestoreRun {
  policy: TablePolicy;
  request: RestoreRequest;
  /** Where the rows go, `db.table`: one restore at a time works on it. */
  target: string;
  /** What of the workflow's input is of this kind of restore. */
  kind: Pick<RestoreTableInput, 'into' | 'live'>;
  /** The command as a person sees it in Temporal, without the table. */
  command: string;
  /** The command that goes on with it. */
  again: string;
}

/** Starts a restore, or joins the same one that is running, and follows it to its end; `next` are the lines behind its outcome. */
export function runRestore(
  config: Config,
  options: CommonOptions,
  { policy, request, target, kind, command, again }: RestoreRun,
  next: (outcome: RestoreOutcome, failed: boolean) => string[],
): Promise<number> {
  const table = formatTableName(policy);
  const { name: source } = config.source;
  const { from, to, where } = request;
  const input: RestoreTableInput = { source, table, from, to, ...kind };
  if (where !== undefined) input.where = where;
  return withClient(async (client) => {
    const handle = await client.workflow.start(restoreTable, {
      taskQueue: 'sediment',
      workflowId: restoreId(source, table, target),
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
      memo: { request: wordsOf(request) },
      staticSummary: `${command} ${table} ${from === to ? from : `${from} to ${to}`}`,
    });
    await requireSameRequest(handle, request, target);
    const outcome = await follow({ config, client, handle, options, name: 'the restore', again, progressLine });
    if (!outcome) return exitCodes.interrupted;
    const failed = Object.keys(outcome.failed).length > 0;
    print(options, { table, workflow: handle.workflowId, ...outcome }, [
      `${restoreInWords(outcome, exact)}; ${size(outcome.bytes)} from S3.`,
      ...next(outcome, failed),
    ]);
    return failed ? exitCodes.failed : exitCodes.ok;
  });
}
