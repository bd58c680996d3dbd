import { cutoffOf } from '../config/cutoff.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { LedgerBacklog } from '../ledger/backlog.ts';
import type { UnderWay } from '../ledger/underWay.ts';
import { addDays, dayOf, daysBetween } from '../model/day.ts';
import { isArchived } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';
import { type StateKind, stateOf } from '../model/tableState.ts';

/** Each table's state by the ledger alone, by `db.table`. @param now MySQL's clock, ISO 8601 UTC */
export function ledgerStates(
  policies: readonly TablePolicy[],
  backlog: LedgerBacklog,
  underWay: UnderWay,
  now: string,
): Map<string, StateKind> {
  return new Map(
    policies.map((policy) => [formatTableName(policy), ledgerState(policy, backlog, underWay, now)] as const),
  );
}

function ledgerState(policy: TablePolicy, backlog: LedgerBacklog, underWay: UnderWay, now: string): StateKind {
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
  const refusedWork = refusals.find(
    ({ work }) => work === 'archive' || (work === 'purge' && policy.purge === 'enabled'),
  );
  const archiving = days.find((each) => !isArchived(each.state));
  const closed = account ? daysBetween(account.firstDay, addDays(today, -1)).length : 0;
  const missing = Math.max(0, closed - (account?.archivedDays ?? 0));
  const found = !account && look ? look.missingDays : 0;
  const firstDays = found > 0 ? { count: found, from: addDays(today, -1) } : null;
  const held = backlog.holds.some((scope) => scope === '*' || scope === table);
  return stateOf({
    refused: refusals.find(({ work }) => work === 'plan') ?? null,
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
