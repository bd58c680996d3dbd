import type { Config } from '../../config/load.ts';
import { findPolicy, type TablePolicy } from '../../config/policy.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { formatTableName, parseTableName, tableArgument } from '../../model/tableName.ts';
import { planRestore, type RestorePlan, type RestoreRequest, targetOf } from '../../restore/planRestore.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { readOnly } from '../readOnly.ts';
import { counted, exact, size } from '../text/format.ts';
import { checkLive, restoreLive } from './restoreLive.ts';
import { daysArgument, requestLines, runRestore } from './restoreRun.ts';
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
  return readOnly(config, async (session, source) => {
    const ledger = new Ledger(session, config.source.ledger);
    const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };
    const plan = await planRestore({ source, ledger, policy, attempt }, request);
    const { days, missing, loading, ddl } = plan;
    const target = formatTableName(plan.target);
    const document = { table: formatTableName(policy), target, days, missing, loading, ddl };
    print(options, { dryRun: true, ...document, rows: rowsOf(plan), bytes: bytesOf(plan) }, planLines(plan, request));
    return exitCodes.ok;
  });
}

const rowsOf = ({ days }: RestorePlan) => days.reduce((sum, { rows }) => sum + rows, 0);
const bytesOf = ({ days }: RestorePlan) => days.reduce((sum, { bytes }) => sum + bytes, 0);
function planLines(plan: RestorePlan, request: RestoreRequest): string[] {
  const { days, missing, loading, ddl } = plan;
  const listed = days.map(({ day, rows, bytes, parts }) => {
    return `  ${day}  ${exact(rows)} rows, ${size(bytes)}, ${counted(parts, 'part')}`;
  });
  return [
    `${counted(days.length, 'day')}, ${exact(rowsOf(plan))} rows, ${size(bytesOf(plan))} from S3, into ${formatTableName(plan.target)}:`,
    ...requestLines(listed, missing, request),
    ...loading.map(({ way, parts, why }) => `${counted(parts, 'part')} by ${way}: ${why}`),
    `${ddl};`,
    'Nothing was written.',
  ];
}

function run(config: Config, options: RestoreOptions, policy: TablePolicy, request: RestoreRequest): Promise<number> {
  const into = formatTableName(targetOf(config, policy, request));
  const again = `sediment restore ${tableArgument(policy)} ${daysArgument(request)} --into ${tableArgument(parseTableName(into))}`;
  const wanted = { policy, request, target: into, kind: { into }, command: 'restore', again };
  return runRestore(config, options, wanted, (_, failed) => [
    failed
      ? `Nothing half-loaded was kept. Once it is mended, go on with: ${again}`
      : `See it: SELECT * FROM ${into} LIMIT 10`,
  ]);
}
