import type { TablePlan } from '../../plan/planPage.ts';

/** What a run has done with one table. */
export interface TableOutcome {
  /** Days that this run found to do. */
  days: number;
  archived: number;
  /** Days that a verified manifest covered already. */
  alreadyArchived: number;
  /** Rows of the days that were archived. */
  rows: number;
  /** `2026-11-21: reason`, the latest. */
  failed?: string;
  refused?: string;
  /** Days that another run is archiving: neither done nor failed. */
  elsewhere?: string[];
}

/** What a run has done so far, in JSON; continue-as-new carries it. */
export interface Outcome {
  archivedDays: number;
  alreadyArchived: number;
  rows: number;
  tablesPlanned: number;
  tablesFailed: number;
  tablesRefused: number;
  /** By table. If there are too many for the list, tables with nothing to report leave it first. */
  tables: Record<string, TableOutcome>;
  /** Tables that were left out of the list. */
  unlisted: number;
}

/** A page's 200 tables and 50 older ones. With reasons of this length the list stays below 60 KB, and what continue-as-new carries below 100 KB. */
const tablesListed = 250;
const reasonsInFull = 50;
const reasonLength = 300;
const shortReasonLength = 60;

export function startOutcome(): Outcome {
  const counts = { archivedDays: 0, alreadyArchived: 0, rows: 0, tablesPlanned: 0, tablesFailed: 0, tablesRefused: 0 };
  return { ...counts, tables: {}, unlisted: 0 };
}

export function notePlan(outcome: Outcome, plan: TablePlan, days: number): void {
  const alreadyArchived = plan.alreadyArchived ?? 0;
  outcome.tables[plan.table] = { days, archived: 0, alreadyArchived, rows: 0 };
  outcome.tablesPlanned++;
  outcome.alreadyArchived += alreadyArchived;
  if (plan.failed) noteFailure(outcome, plan.table, plan.failed);
  if (plan.refused) {
    outcome.tablesRefused++;
    entry(outcome, plan.table).refused = reasonOf(outcome, plan.refused);
  }
}

export function noteArchived(outcome: Outcome, table: string, rows: number, already: boolean): void {
  const found = entry(outcome, table);
  if (already) {
    found.days--;
    found.alreadyArchived++;
    outcome.alreadyArchived++;
    return;
  }
  found.archived++;
  found.rows += rows;
  outcome.archivedDays++;
  outcome.rows += rows;
}

export function noteFailure(outcome: Outcome, table: string, reason: string): void {
  const found = entry(outcome, table);
  if (found.failed === undefined) outcome.tablesFailed++;
  found.failed = reasonOf(outcome, reason);
}

/** Lists a table's earlier failure, which may have left the list since. It is counted already. */
export function relistFailure(outcome: Outcome, table: string, reason: string): void {
  entry(outcome, table).failed ??= reason;
}

/** The first reasons are kept in full. If hundreds of tables fail, their reasons seldom differ. */
function reasonOf({ tablesFailed, tablesRefused }: Outcome, reason: string): string {
  return reason.slice(0, tablesFailed + tablesRefused <= reasonsInFull ? reasonLength : shortReasonLength);
}

export function noteElsewhere(outcome: Outcome, table: string, day: string): void {
  const found = entry(outcome, table);
  found.elsewhere = [...(found.elsewhere ?? []), day].slice(0, 31);
}

/** Makes room in the list for `room` tables: those with nothing to report leave first, then the oldest. Their counts stay. */
export function trimOutcome(outcome: Outcome, room: number): void {
  const listed = Object.entries(outcome.tables);
  const quiet = listed.filter(
    ([, found]) => !found.failed && !found.refused && !found.elsewhere && found.archived >= found.days,
  );
  const excess = listed.length + room - tablesListed;
  const leaving = new Set([...quiet, ...listed].map(([table]) => table));
  for (const table of [...leaving].slice(0, Math.max(0, excess))) {
    delete outcome.tables[table];
    outcome.unlisted++;
  }
}

/** Every table that wasn't refused failed. */
export function allFailed({ tablesFailed, tablesRefused, tablesPlanned }: Outcome): boolean {
  return tablesFailed > 0 && tablesFailed + tablesRefused === tablesPlanned;
}

/** Why tables failed or were refused, by table. */
export function findings(outcome: Outcome, kind: 'failed' | 'refused'): Record<string, string> {
  return Object.fromEntries(
    Object.entries(outcome.tables).flatMap(([table, found]) => (found[kind] ? [[table, found[kind]]] : [])),
  );
}

function entry(outcome: Outcome, table: string): TableOutcome {
  let found = outcome.tables[table];
  if (!found) {
    // The table was planned and has left the list since.
    if (outcome.unlisted > 0) outcome.unlisted--;
    found = { days: 0, archived: 0, alreadyArchived: 0, rows: 0 };
    outcome.tables[table] = found;
  }
  return found;
}
