import type { Config } from '../../config/load.ts';
import type { TablePolicy } from '../../config/policy.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { releaseKept } from '../../ledger/putBacks.ts';
import { withLedger } from '../../ledger/withLedger.ts';
import { formatTableName, shellWord, tableArgument } from '../../model/tableName.ts';
import { type PutBackPlan, planPutBack } from '../../restore/live/preparePutBack.ts';
import type { RestoreRequest } from '../../restore/planRestore.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { readOnly } from '../readOnly.ts';
import { parseWait } from '../text/duration.ts';
import { counted, exact, size } from '../text/format.ts';
import { ownerName, reasonOf } from '../text/owner.ts';
import { daysArgument, requestLines, runRestore } from './restoreRun.ts';

interface LiveOptions extends CommonOptions {
  into?: string;
  dryRun?: boolean;
  live?: boolean;
  keepFor?: string;
  reason?: string;
  release?: boolean;
}

const keptByDefault = '30d';

/** @throws WrongUse */
export function checkLive(options: LiveOptions): void {
  const { live, into, keepFor, reason, release, dryRun } = options;
  if (!live) {
    if (keepFor !== undefined || reason !== undefined || release)
      throw new WrongUse('--keep-for, --reason and --release go with --live');
    return;
  }
  if (into !== undefined) throw new WrongUse('--live writes into the table itself: leave --into out');
  keepForOf(options);
  if (!release && !dryRun) reasonOf(options);
}

function keepForOf({ keepFor = keptByDefault }: LiveOptions): string {
  return parseWait(keepFor, '--keep-for').toString();
}

/** Puts archived rows back into their table, and keeps their days from the purge. Joins the same restore that is running. */
export function restoreLive(
  config: Config,
  options: LiveOptions,
  policy: TablePolicy,
  request: RestoreRequest,
): Promise<number> {
  if (options.release) return release(config, options, policy, request);
  return options.dryRun ? dryRun(config, options, policy, request) : run(config, options, policy, request);
}

async function release(
  config: Config,
  options: LiveOptions,
  policy: TablePolicy,
  { from, to }: RestoreRequest,
): Promise<number> {
  const table = formatTableName(policy);
  const { database } = policy;
  const released = await withLedger(config.source, async (ledger) => {
    const own: string[] = [];
    for (const { day } of await ledger.days(database, policy.table)) {
      if (day < from || day > to) continue;
      if (await releaseKept(ledger, { database, table: policy.table, day }, ownerName())) own.push(day);
    }
    return own;
  });
  const none = `${table}: no day of ${from} to ${to} is kept from the purge.`;
  const line = `${table}: ${counted(released.length, 'day')} no longer kept from the purge: what is due there is proved and deleted again.`;
  print(options, { table, released }, [released.length === 0 ? none : line]);
  return exitCodes.ok;
}

async function dryRun(
  config: Config,
  options: LiveOptions,
  policy: TablePolicy,
  request: RestoreRequest,
): Promise<number> {
  return readOnly(config, async (session, source) => {
    const ledger = new Ledger(session, config.source.ledger);
    const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };
    const job = { source, ledger, policy, attempt };
    const plan = await planPutBack(job, { ...request, keepFor: keepForOf(options) });
    print(options, { dryRun: true, table: formatTableName(policy), ...plan }, planLines(policy, plan, request));
    return exitCodes.ok;
  });
}

function planLines(policy: TablePolicy, plan: PutBackPlan, request: RestoreRequest): string[] {
  const { days, missing, notes, until } = plan;
  const sum = (of: (day: PutBackPlan['days'][number]) => number) => days.reduce((total, day) => total + of(day), 0);
  const listed = days.map(({ day, state, rows, bytes, rowsThere }) => {
    return `  ${day}  ${state}  ${exact(rows)} rows, ${size(bytes)}; ${exact(rowsThere)} rows of that day are in the table`;
  });
  return [
    `${counted(days.length, 'day')}, ${exact(sum(({ rows }) => rows))} archived rows, back into ${formatTableName(policy)} itself:`,
    ...requestLines(listed, missing, request),
    'A key that is in the table is compared, and never written over.',
    `The purge would leave these days alone until ${minuteOf(until)} UTC.`,
    ...notes.map((note) => `Note: ${note}`),
    'Nothing was written.',
  ];
}

function run(config: Config, options: LiveOptions, policy: TablePolicy, request: RestoreRequest): Promise<number> {
  const live = { keepFor: keepForOf(options), who: ownerName(), reason: reasonOf(options) };
  const again = `sediment restore ${tableArgument(policy)} ${daysArgument(request)} --live --reason ${shellWord(live.reason)}`;
  const target = formatTableName(policy);
  const wanted = { policy, request, target, kind: { live }, command: 'restore --live', again };
  return runRestore(config, options, wanted, (outcome, failed) => {
    const differing = outcome.live?.examples ?? [];
    return [
      ...(differing.length > 0 ? [`Left as they are: ${differing.slice(0, 5).join('; ')}`] : []),
      ...(outcome.live
        ? [
            `The purge leaves these days alone until ${minuteOf(outcome.live.until)} UTC. Earlier: ${releaseCommand(policy, request)}`,
          ]
        : []),
      ...(failed ? [`What is put back stays. Once it is mended, go on with: ${again}`] : []),
    ];
  });
}

/** `2026-10-01 12:30` of an ISO 8601 time. */
function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function releaseCommand(policy: TablePolicy, request: RestoreRequest): string {
  return `sediment restore ${tableArgument(policy)} ${daysArgument(request)} --live --release`;
}
