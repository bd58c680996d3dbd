import { cutoffOf, lastDueDay } from '../../config/cutoff.ts';
import type { Config } from '../../config/load.ts';
import type { TablePolicy } from '../../config/policy.ts';
import { begunDay, type DayPosition } from '../../hold/position.ts';
import type { DaySummary } from '../../ledger/days/daySummary.ts';
import type { LastDrill } from '../../ledger/drills.ts';
import type { OpenErasure } from '../../ledger/erasures.ts';
import type { KeptDay } from '../../ledger/putBacks.ts';
import { type Look, type RecordedRefusal, refusalOfTable } from '../../ledger/refusals.ts';
import type { AuditReport, DayReport, HoldReport, LedgerReport } from '../../ledger/report.ts';
import { addDays, type Day, dayOf, daysBetween, parseDay } from '../../model/day.ts';
import { isPurgeable, type PartitionState, wasArchived } from '../../model/partitionState.ts';
import { formatTableName } from '../../model/tableName.ts';
import { inflowOf } from '../../pacing/eta.ts';
import { type ExpiryReport, expiryReport } from './expiry.ts';
import { type OtherPolicy, otherPolicyOf } from './otherPolicy.ts';
import { type Stopped, stoppedOf } from './stop.ts';

/** Closed days that have no verified manifest. */
export interface MissingDays {
  count: number;
  from: Day;
  to: Day;
}

/** A table's status, from the ledger and the policy alone. */
export interface TableReport {
  table: string;
  /** Every closed day since the first, up to this one, is archived and verified. */
  archivedThrough: Day | null;
  missing: MissingDays | null;
  /** Every day since the first, up to this one, is purged. */
  purgedThrough: Day | null;
  purge: 'enabled' | 'disabled';
  /** The newest day whose archive is due. */
  lastDue: Day;
  retention: string;
  /** Days before this one are past the retention. */
  cutoff: Day;
  /** The oldest day that is past the retention and not purged. */
  oldestDue: Day | null;
  /** The same of the archived days alone: what a purge can begin with. */
  dueDay: Day | null;
  /** The ledger knows of no day, and no daily run has found the table empty: what is due in it isn't known, and no count below means anything yet. */
  neverArchived: boolean;
  /** The backlog: days past the retention that aren't purged. */
  debtDays: number;
  rowsDue: number;
  /** Bytes of CSV, before compression. */
  bytesDue: number;
  /** The day that the purge has begun, if any. */
  purging: DayPosition | null;
  /** The day that is being exported. */
  archiving: { day: Day; state: string } | null;
  stopped: Stopped | null;
  /** Why the last daily run refused it, and since when; null where it opened it. */
  refused: RecordedRefusal | null;
  /** When a daily run last opened it; null before the first. */
  look: Look | null;
  /** The policy that the worker runs, where it isn't the config's: what the worker runs is shown. */
  workerPolicy: OtherPolicy | null;
  hold: HoldReport | null;
  /** New rows per day, averaged over the last seven archived days; null before the first. */
  inflowRowsPerDay: number | null;
  rowsArchived: number;
  rowsDeleted: number;
  proofs: number;
  /** Rows that heals added to the archive, changed in it or took out of it. */
  rowsHealed: number;
  /** Rows that stay in the table because the archive has their key with other values; the first such day. */
  left: { rows: number; day: Day } | null;
  /** The day whose native partitions are exchanged and not dropped yet. */
  twins: { day: Day; count: number } | null;
  /** What audits have read of the table; null before the first. */
  audit: AuditReport | null;
  /** Days that were put back, and that no purge opens for now. */
  kept: readonly KeptDay[];
  /** What of its archive will be deleted, and was, because its time is over; null where it is kept for good. */
  expiry: ExpiryReport | null;
  /** Erasures that were begun and aren't done. */
  erasing: readonly OpenErasure[];
  /** The last drill; null before the first. */
  drill: LastDrill | null;
  /** Rows that belong to no day and are never purged. */
  undatedRows: number;
}

/** Days before this date may be shown as sums: they are older than 30 days and past every table's retention. */
export function summarizedBefore(config: Pick<Config, 'tables'>, now: string): Day {
  const today = parseDay(now.slice(0, 10));
  const cutoffs = config.tables.map((policy) => cutoffOf(policy, dayOf(now, policy.zone)));
  return [addDays(today, -30), ...cutoffs].sort()[0] ?? today;
}

/** The reports of these tables, in the order of the config. */
export function reportTables(config: Config, tables: readonly string[], ledger: LedgerReport): TableReport[] {
  return config.tables
    .filter((policy) => tables.includes(formatTableName(policy)))
    .map((policy) => reportTable(policy, config.schedule.at, ledger));
}

/** @param ofWorker by the policy that the worker runs, where it is another than the config's; a plan is made by the config's own */
export function reportTable(given: TablePolicy, at: string, ledger: LedgerReport, ofWorker = true): TableReport {
  const table = formatTableName(given);
  const recorded = ledger.policies.get(table);
  const workerPolicy = otherPolicyOf(given, recorded);
  const policy = ofWorker && workerPolicy && recorded ? { ...given, ...recorded.policy } : given;
  const look = ledger.looks.get(table) ?? null;
  const days = ledger.days.get(table) ?? [];
  const summaries = ledger.summaries.get(table) ?? [];
  const archived = days.filter((each) => wasArchived(each.state));
  const lastDue = lastDueDay(ledger.now, at, policy.zone);
  const missing = missingDays(ledger.firstDays.get(table), lastDue, archived, summaries);
  const cutoff = cutoffOf(policy, dayOf(ledger.now, policy.zone));
  const due = archived.filter((each) => each.day < cutoff && isPurgeable(each.state));
  const summariesDue = summaries.filter((each) => isPurgeable(each.state));
  const exporting = days.find((each) => !wasArchived(each.state));
  const withLeftRows = days.find((each) => each.leftRows > 0);
  const sum = <Of>(of: readonly Of[], value: (each: Of) => number) =>
    of.reduce((total, each) => total + value(each), 0);
  const all = [...days, ...summaries];
  const missingDue = missing.filter((day) => day < cutoff);
  return {
    table,
    archivedThrough: archivedThrough(archived, summaries, missing[0]),
    missing: missing[0] ? { count: missing.length, from: missing[0], to: missing.at(-1) ?? missing[0] } : null,
    purgedThrough: purgedThrough(days, summaries, missing[0]),
    purge: policy.purge,
    lastDue,
    retention: policy.retention,
    cutoff,
    oldestDue:
      [
        ...due.slice(0, 1).map((each) => each.day),
        ...summariesDue.map((each) => each.first),
        ...missingDue,
      ].sort()[0] ?? null,
    dueDay: [...due.slice(0, 1).map((each) => each.day), ...summariesDue.map((each) => each.first)].sort()[0] ?? null,
    neverArchived:
      days.length === 0 && summaries.length === 0 && !ledger.firstDays.has(table) && look?.missingDays !== 0,
    debtDays: due.length + sum(summariesDue, (each) => each.days) + missingDue.length,
    rowsDue: sum([...due, ...summariesDue], (each) => each.rowsArchived - each.rowsDeleted),
    bytesDue: sum(due, bytesLeft) + sum(summariesDue, (each) => each.bytesLeft),
    purging: begunDay(days),
    archiving: exporting ? { day: exporting.day, state: exporting.state } : null,
    stopped: stoppedOf(policy, days, ledger.refusals.get(table) ?? []),
    refused: refusalOfTable(ledger.refusals.get(table) ?? []),
    look,
    workerPolicy,
    hold: ledger.holds.find((each) => each.scope === '*' || each.scope === table) ?? null,
    inflowRowsPerDay: inflowOf(archived),
    rowsArchived: sum(all, (each) => each.rowsArchived),
    rowsDeleted: sum(all, (each) => each.rowsDeleted),
    proofs: sum(all, (each) => each.proofs),
    rowsHealed: sum(all, (each) => each.rowsHealed),
    left: withLeftRows ? { rows: sum(days, (each) => each.leftRows), day: withLeftRows.day } : null,
    twins: ledger.exchangeTables.get(table) ?? null,
    audit: ledger.audits.get(table) ?? null,
    kept: ledger.kept.get(table) ?? [],
    expiry: expiryReport(policy, ledger.expiries.get(table) ?? []),
    erasing: ledger.erasing.get(table) ?? [],
    drill: ledger.drills.get(table) ?? null,
    undatedRows: ledger.undatedRows.get(table) ?? 0,
  };
}

function bytesLeft({ rowsArchived, rowsDeleted, plainBytes }: DayReport): number {
  return rowsArchived === 0 ? 0 : (plainBytes * (rowsArchived - rowsDeleted)) / rowsArchived;
}

/** The newest day before the first one that is missing. A summary leaves no day out, so its last day counts like a single one. */
function archivedThrough(archived: readonly DayReport[], summaries: readonly DaySummary[], missing: Day | undefined) {
  const known = [...archived.map((each) => each.day), ...summaries.map((each) => each.last)].sort();
  return known.filter((day) => !missing || day < missing).at(-1) ?? null;
}

/** The newest purged day before the oldest one that isn't purged, or isn't even archived. */
function purgedThrough(
  days: readonly DayReport[],
  summaries: readonly DaySummary[],
  missing: Day | undefined,
): Day | null {
  const ranges = [...days.map(({ day, state }) => ({ state, first: day, last: day })), ...summaries];
  const unpurged = ranges.flatMap((each) => (isGone(each.state) ? [] : [each.first]));
  const live = [...unpurged, ...(missing === undefined ? [] : [missing])].sort()[0];
  const purged = ranges.flatMap((each) => (isGone(each.state) ? [each.last] : [])).sort();
  return purged.filter((day) => !live || day < live).at(-1) ?? null;
}

/** Whether its rows are out of the table. */
function isGone(state: PartitionState): boolean {
  return state === 'purged' || state === 'expired';
}

/** Closed days without a verified manifest, oldest first; empty for a table that was never archived. */
function missingDays(
  first: Day | undefined,
  last: Day,
  archived: readonly DayReport[],
  summaries: readonly DaySummary[],
): Day[] {
  if (!first) return [];
  const present = new Set(archived.map((each) => each.day));
  const isSummarized = (day: Day) => summaries.some((each) => each.first <= day && day <= each.last);
  return daysBetween(first, last).filter((day) => !present.has(day) && !isSummarized(day));
}
