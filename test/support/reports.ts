import { makePolicy, type TablePolicy } from '../../src/config/policy.ts';
import type { DayReport, LedgerReport } from '../../src/ledger/report.ts';
import type { Day } from '../../src/model/day.ts';
import type { PartitionState } from '../../src/model/partitionState.ts';

/** A day of the ledger, with what a test says of it. */
export function dayReport(day: string, state: PartitionState, parts: Partial<DayReport> = {}): DayReport {
  return {
    day: day as Day,
    state,
    rowsArchived: 0,
    rowsDeleted: 0,
    proofs: 1,
    cursor: null,
    rowsHealed: 0,
    leftRows: 0,
    stopped: null,
    stopCommand: null,
    updatedAt: `${day}T02:00:00.000000Z`,
    objects: 0,
    plainBytes: 0,
    ...parts,
  };
}

export function ledgerOf(now: string, days: Record<string, readonly DayReport[]>): LedgerReport {
  return {
    now,
    missing: false,
    days: new Map(Object.entries(days)),
    summaries: new Map(),
    sources: new Map(),
    firstDays: new Map(),
    undatedRows: new Map(),
    exchangeTables: new Map(),
    audits: new Map(),
    strangeServer: null,
    refusals: new Map(),
    looks: new Map(),
    policies: new Map(),
    kept: new Map(),
    drills: new Map(),
    expiries: new Map(),
    erasing: new Map(),
    holds: [],
  };
}

export function policyOf(
  table: string,
  parts: Partial<Pick<TablePolicy, 'retention' | 'purge' | 'zone'>> = {},
): TablePolicy {
  return makePolicy({}, { table, timeColumn: 'created_at', purge: 'enabled', ...parts });
}
