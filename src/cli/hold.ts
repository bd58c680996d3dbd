import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { withLedger } from '../job/source.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';
import { type HoldReport, type LedgerReport, readLedgerReport } from '../ledger/report.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { WrongUse } from './explain.ts';
import { type CommonOptions, exitCodes, print } from './output.ts';
import { type Told, updatePurges } from './purgeUpdates.ts';
import { lookAtLedger } from './status/readLedger.ts';
import { reportTable } from './status/tableStatus.ts';
import { momentAfter, parseWait } from './text/duration.ts';
import { ownerName, reasonOf } from './text/owner.ts';
import { type PauseAnswer, pauseLines, resumeLines } from './text/pauseText.ts';

export interface ScopeOptions extends CommonOptions {
  all?: boolean;
}

/** The ledger's name for what is meant, and the tables it covers. @throws WrongUse, UnknownTable */
export function scopeOf(
  config: Config,
  { all }: ScopeOptions,
  table: string | undefined,
): { scope: string; tables: string[]; only?: TableName } {
  if (all && table !== undefined) throw new WrongUse(`name ${table} or --all, not both`);
  if (all) return { scope: '*', tables: config.tables.map(formatTableName) };
  if (table === undefined) throw new WrongUse('name a table, or --all for every table of the source');
  const only = findPolicy(config, table);
  const scope = formatTableName(only);
  return { scope, tables: [scope], only };
}

/** Writes a hold into the ledger: when that returns nothing is being deleted, with or without a worker. Then tells the purges that run. */
export async function pause(
  config: Config,
  options: ScopeOptions & { reason?: string; for?: string; exports?: boolean },
  table?: string,
): Promise<number> {
  const { scope, tables, only } = scopeOf(config, options, table);
  const reason = reasonOf(options);
  const wait = options.for === undefined ? undefined : parseWait(options.for);
  const { before, after, hold } = await withLedger(config, async (ledger) => {
    const before = await readLedgerReport(ledger.session, ledger.name, { none: true });
    const until = wait ? momentAfter(before.now, wait) : null;
    const hold = { scope, owner: ownerName(), reason, until, exports: options.exports === true };
    await putHold(ledger, { ...hold, until: until?.replace('T', ' ').replace('Z', '') ?? null });
    return { before, hold, after: await lookAtLedger(ledger.session, config, only) };
  });
  const told = await updatePurges(config, tables, 'pause', {
    owner: hold.owner,
    reason,
    ...(hold.until ? { until: hold.until } : {}),
    ...(hold.exports ? { exports: true } : {}),
  });
  const answer: PauseAnswer = {
    scope,
    now: after.now,
    until: hold.until,
    exports: hold.exports,
    replaced: standing(before, scope),
    tables: reports(config, tables, after).map((report) => ({ report, told: told.get(report.table) ?? none })),
  };
  print(options, documentOf(answer, hold), pauseLines(answer));
  return exitCodes.ok;
}

/** Drops the hold, then tells the purges that run; they go on where they stood. */
export async function resume(config: Config, options: ScopeOptions, table?: string): Promise<number> {
  const { scope, tables, only } = scopeOf(config, options, table);
  const { before, after } = await withLedger(config, async (ledger) => {
    const before = await readLedgerReport(ledger.session, ledger.name, { none: true });
    await dropHolds(ledger, before, scope);
    return { before, after: await lookAtLedger(ledger.session, config, only) };
  });
  const stillHeld = new Set(
    reports(config, tables, after)
      .filter((each) => each.hold)
      .map((each) => each.table),
  );
  const free = tables.filter((each) => !stillHeld.has(each));
  const told = await updatePurges(config, free, 'resume');
  const answer = {
    scope,
    now: after.now,
    dropped: standing(before, scope),
    tables: reports(config, tables, after).map((report) => ({ report, told: told.get(report.table) ?? none })),
  };
  const untold = [...told.values()].some((each) => each.kind === 'untold');
  print(
    options,
    {
      scope,
      resumed: answer.dropped !== null,
      tables: answer.tables.map((each) => ({ table: each.report.table, heldBy: each.report.hold, purge: each.told })),
    },
    resumeLines(answer),
  );
  if (stillHeld.size > 0) return exitCodes.refused;
  // A purge that was told of the pause keeps it until it is told of its end.
  return untold && answer.dropped ? exitCodes.failed : exitCodes.ok;
}

const none: Told = { kind: 'notRunning' };

function standing(ledger: LedgerReport, scope: string): HoldReport | null {
  return ledger.holds.find((each) => each.scope === scope) ?? null;
}

function reports(config: Config, tables: readonly string[], ledger: LedgerReport) {
  return config.tables
    .filter((each) => tables.includes(formatTableName(each)))
    .map((policy) => reportTable(policy, config.schedule.at, ledger));
}

/** The purges that ran have written a pause of all down as their table's own: that goes with it. */
async function dropHolds(ledger: Ledger, before: LedgerReport, scope: string): Promise<void> {
  const dropped = standing(before, scope);
  if (!dropped) return;
  await ledger.dropHold(scope);
  if (scope !== '*') return;
  const same = before.holds.filter(({ owner, reason }) => owner === dropped.owner && reason === dropped.reason);
  for (const each of same) await ledger.dropHold(each.scope);
}

/** A pause may come before the first worker has made the ledger; and it waits for a transaction that still runs. */
async function putHold(ledger: Ledger, hold: Hold): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ledger.putHold(hold);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (attempt > 3) throw error;
      if (code === 'ER_BAD_DB_ERROR' || code === 'ER_NO_SUCH_TABLE') await ledger.migrate();
      else if (code !== 'ER_LOCK_WAIT_TIMEOUT') throw error;
    }
  }
}

function documentOf(answer: PauseAnswer, hold: Hold): Record<string, unknown> {
  return {
    hold,
    replaced: answer.replaced,
    tables: answer.tables.map(({ report, told }) => ({ table: report.table, at: report.purging, purge: told })),
  };
}
