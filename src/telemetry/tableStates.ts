import { cutoffOf, lastDueDay } from '../config/cutoff.ts';
import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { LedgerBacklog, TableAccount } from '../ledger/backlog.ts';
import type { UnderWay } from '../ledger/days/underWay.ts';
import { refusalOfTable, refusalOfWork } from '../ledger/refusals.ts';
import { addDays, type Day, dayOf, daysBetween } from '../model/day.ts';
import { wasArchived } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';
import { type StateKind, stateOf } from '../model/tableState.ts';

/** Each table's state by the ledger alone, by `db.table`. @param now MySQL's clock, ISO 8601 UTC */
export function ledgerStates(
  { tables, schedule }: Pick<Config, 'tables' | 'schedule'>,
  backlog: LedgerBacklog,
  underWay: UnderWay,
  now: string,
): Map<string, StateKind> {
  const known = { backlog, underWay, now, at: schedule.at };
  return new Map(tables.map((policy) => [formatTableName(policy), ledgerState(policy, known)] as const));
}

interface Known {
  backlog: LedgerBacklog;
  underWay: UnderWay;
  now: string;
  /** The schedule's time: HH:MM, UTC. */
  at: string;
}

function ledgerState(policy: TablePolicy, { backlog, underWay, now, at }: Known): StateKind {
  const table = formatTableName(policy);
  const own = (each: { database: string; table: string }) =>
    each.database === policy.database && each.table === policy.table;
  const today = dayOf(now, policy.zone);
  const account = backlog.accounts.find(own);
  const days = underWay.days.get(table) ?? [];
  const refusals = underWay.refusals.get(table) ?? [];
  const look = underWay.looks.get(table);
  const due = backlog.openDays.filter((each) => own(each) && each.day < cutoffOf(policy, today)).map(({ day }) => day);
  const stopped = days.find((each) => each.stopped !== null);
  const refusedWork = refusalOfWork(policy, refusals);
  const archiving = days.find((each) => !wasArchived(each.state));
  const lastDue = lastDueDay(now, at, policy.zone);
  const missing = account ? missingOf(account, lastDue) : 0;
  const found = !account && look ? look.missingDays : 0;
  const firstDays = found > 0 ? { count: found, from: lastDue } : null;
  const held = backlog.holds.some((scope) => scope === '*' || scope === table);
  return stateOf({
    refused: refusalOfTable(refusals),
    stopped:
      stopped || refusedWork
        ? { work: 'purge', day: stopped?.day ?? null, reason: '', remedy: null, command: null, since: null }
        : null,
    hold: held ? { owner: '', reason: '', since: now, exports: false } : null,
    archiving: archiving ?? null,
    purging: days.find((each) => each.state === 'purging') ?? null,
    missing: account && missing > 0 ? { count: missing, from: account.firstDay } : firstDays,
    due: policy.purge === 'enabled' ? (due.sort()[0] ?? null) : null,
    lookedAt: account !== undefined || look !== undefined,
    wait: null,
    temporal: null,
    schedule: null,
  }).kind;
}

/** Days up to the newest due one that have no archive. A person may have archived later ones already. */
function missingOf({ firstDay, archivedDays, lastDay }: TableAccount, lastDue: Day): number {
  const later = lastDay !== undefined && lastDay > lastDue ? daysBetween(addDays(lastDue, 1), lastDay).length : 0;
  return Math.max(0, daysBetween(firstDay, lastDue).length - (archivedDays - later));
}

/** A value of sediment_table_state. */
export interface StateGauge {
  table: string;
  state: StateKind;
  value: 0 | 1;
}

/**
 * 1 for each table's state, and 0 for those that it had before: a series that is no longer written would stay at 1.
 * @param seen each table's states so far; those of now are added
 */
export function stateGauges(states: ReadonlyMap<string, StateKind>, seen: Map<string, Set<StateKind>>): StateGauge[] {
  return [...states].flatMap(([table, state]) => {
    const own = seen.get(table) ?? new Set<StateKind>();
    seen.set(table, own.add(state));
    return [...own].map((each): StateGauge => ({ table, state: each, value: each === state ? 1 : 0 }));
  });
}
