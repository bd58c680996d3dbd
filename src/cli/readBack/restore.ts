import type { Config } from '../../config/load.ts';
import { findPolicy, type TablePolicy } from '../../config/policy.ts';
import { Source } from '../../job/source.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { formatTableName, parseTableName, tableArgument } from '../../model/tableName.ts';
import { planRestore, type RestorePlan, type RestoreRequest, targetOf } from '../../restore/planRestore.ts';
import { restoreId } from '../../workflows/ids.ts';
import { restoreTable } from '../../workflows/index.ts';
import { restoreInWords } from '../../workflows/restore/outcome.ts';
import { withClient } from '../connect.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { forbidWriting } from '../plan.ts';
import { follow } from '../run/follow.ts';
import { counted, exact, size } from '../text/format.ts';
import { checkLive, restoreLive } from './restoreLive.ts';
import { daysArgument, incomplete, progressLine, requireSameRequest, wordsOf } from './restoreRun.ts';
import { archivedDay, checkWanted, type WantedOptions } from './wanted.ts';

export interface RestoreOptions extends CommonOptions, WantedOptions {
  into?: string;
  dryRun?: boolean;
  live?: boolean;
  keepFor?: string;
  reason?: string;
  release?: boolean;
}

export function checkRestore(options: RestoreOptions): void {
  requestOf(options);
  checkLive(options);
}

/** @throws WrongUse, InvalidDay, InvalidTableName */
function requestOf(options: RestoreOptions): RestoreRequest {
  const { day, from, to, into, where } = options;
  if (day === undefined && (from === undefined || to === undefined))
    throw new WrongUse('name a day with --day, or a range with --from and --to');
  checkWanted(options);
  if (into !== undefined) parseTableName(into);
  if (day !== undefined) return { from: archivedDay('--day', day), to: archivedDay('--day', day), into, where };
  const range = { from: archivedDay('--from', from), to: archivedDay('--to', to) };
  if (range.from > range.to) throw new WrongUse(`--from ${range.from} is after --to ${range.to}`);
  return { ...range, into, where };
}

/** Loads archived days into a table of their own. Joins a restore into the same table that is running. */
export async function restore(config: Config, options: RestoreOptions, named: string): Promise<number> {
  const policy = findPolicy(config, named);
  const request = requestOf(options);
  if (options.live) return restoreLive(config, options, policy, request);
  return options.dryRun ? dryRun(config, options, policy, request) : run(config, options, policy, request);
}

async function dryRun(
  config: Config,
  options: RestoreOptions,
  policy: TablePolicy,
  request: RestoreRequest,
): Promise<number> {
  const source = new Source(config);
  const session = await source.open('READ COMMITTED');
  try {
    await forbidWriting(session);
    const ledger = new Ledger(session, config.source.ledger);
    const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };
    const plan = await planRestore({ source, ledger, policy, attempt }, request);
    const { days, missing, ddl } = plan;
    const target = formatTableName(plan.target);
    const document = { table: formatTableName(policy), target, days, missing, ddl };
    print(options, { dryRun: true, ...document, rows: rowsOf(plan), bytes: bytesOf(plan) }, planLines(plan, request));
    return exitCodes.ok;
  } finally {
    session.close();
    source.close();
  }
}

const rowsOf = ({ days }: RestorePlan) => days.reduce((sum, { rows }) => sum + rows, 0);
const bytesOf = ({ days }: RestorePlan) => days.reduce((sum, { bytes }) => sum + bytes, 0);
const daysListed = 20;

function planLines(plan: RestorePlan, { where }: RestoreRequest): string[] {
  const { days, missing, ddl } = plan;
  const listed = days.slice(0, daysListed).map(({ day, rows, bytes, parts }) => {
    return `  ${day}  ${exact(rows)} rows, ${size(bytes)}, ${counted(parts, 'part')}`;
  });
  return [
    `${counted(days.length, 'day')}, ${exact(rowsOf(plan))} rows, ${size(bytesOf(plan))} from S3, into ${formatTableName(plan.target)}:`,
    ...listed,
    ...(days.length > daysListed ? [`  and ${days.length - daysListed} more`] : []),
    ...(missing.length > 0
      ? [`${counted(missing.length, 'day')} of the range not archived, the first ${missing[0]}`]
      : []),
    ...(where === undefined ? [] : [`of these the rows with ${where}`]),
    `${ddl};`,
    'Nothing was written.',
  ];
}

async function run(
  config: Config,
  options: RestoreOptions,
  policy: TablePolicy,
  request: RestoreRequest,
): Promise<number> {
  const table = formatTableName(policy);
  const { name: source } = config.source;
  const target = formatTableName(targetOf(config, policy, request));
  const { from, to, where } = request;
  const input = { source, table, from, to, into: target };
  return withClient(async (client) => {
    const handle = await client.workflow.start(restoreTable, {
      taskQueue: 'sediment',
      workflowId: restoreId(source, table, target),
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [where === undefined ? input : { ...input, where }],
      memo: { request: wordsOf(request) },
      staticSummary: `restore ${table} ${from === to ? from : `${from} to ${to}`}`,
    });
    await requireSameRequest(handle, request, target);
    const again = `sediment restore ${tableArgument(policy)} ${daysArgument(request)} --into ${tableArgument(parseTableName(target))}`;
    const followed = { config, client, handle, options, name: 'the restore', again };
    const outcome = await follow({ ...followed, progressLine }).catch((error) => incomplete(error));
    if (!outcome) return exitCodes.interrupted;
    const failed = Object.keys(outcome.failed).length > 0;
    const next = failed
      ? `Nothing half-loaded was kept. Once it is mended, go on with: ${again}`
      : `See it: SELECT * FROM ${target} LIMIT 10`;
    print(options, { table, workflow: handle.workflowId, ...outcome }, [
      `${restoreInWords(outcome, exact)}; ${size(outcome.bytes)} from S3.`,
      next,
    ]);
    return failed ? exitCodes.failed : exitCodes.ok;
  });
}
