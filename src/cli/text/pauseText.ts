import { cursorText } from '../../archive/cursor.ts';
import type { HoldReport } from '../../ledger/report.ts';
import { shellWord } from '../../model/tableName.ts';
import type { PurgeAnswer } from '../hold/purgeUpdates.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { counted, exact, moment, secondsBetween, span } from './format.ts';

const argument = (scope: string) => (scope === '*' ? '--all' : shellWord(scope));
const named = (scope: string) => (scope === '*' ? 'Every table' : scope);

/** What is true as soon as the hold is in the ledger. */
export function heldLine(scope: string): string {
  return `${named(scope)} is held in the ledger: no delete begins from now on.`;
}

/** What a hold of everything holds beside the source's own tables. */
export function sharedLines(ledger: string, others: readonly string[]): string[] {
  if (others.length === 0) return [];
  const those = others.length === 1 ? `source ${others[0]}` : `the sources ${others.join(', ')}`;
  return [`The ledger ${ledger} is that of ${those} too, whose tables are held with them.`];
}

/** What is true where the hold couldn't be written; an earlier one may hold all the same. */
export function notHeldLine(scope: string): string {
  return `${named(scope)}: this pause could not be written, so it holds nothing.`;
}

export interface Pause {
  /** `db.table`, or `*` for all. */
  scope: string;
  now: string;
  /** When the pause ends by itself: ISO 8601, UTC. */
  until: string | null;
  /** Whether exports are held too. */
  exports: boolean;
  /** The pause that this one takes the place of. */
  replaced: HoldReport | null;
  reports: readonly TableReport[];
}

/** How far each purge is once no delete is in flight, when it goes on, and how to go on earlier. */
export function pauseLines({ scope, now, until, exports, replaced, reports }: Pause): string[] {
  const begun = reports.flatMap(({ table, purging }) => (purging ? [beginLine(table, purging)] : []));
  const lines: string[] = [];
  if (scope === '*')
    lines.push(`All tables paused (${counted(reports.length, 'table')} of the config), nothing in flight.`);
  lines.push(...begun);
  if (scope !== '*' && begun.length === 0)
    lines.push(`${scope} paused; no day of it is half purged, nothing in flight.`);
  if (exports) lines.push('Exports are held too: each ends at its next page, and goes on after the pause.');
  if (replaced) lines.push(replacedLine(scope, replaced, now));
  lines.push(
    until
      ? `Resumes by itself at ${moment(until, now)} (${span(secondsBetween(now, until))}). Earlier: sediment resume ${argument(scope)}`
      : `Stays so until: sediment resume ${argument(scope)}`,
  );
  return lines;
}

function beginLine(table: string, { day, cursor, rowsLeft }: NonNullable<TableReport['purging']>): string {
  const where = cursor ? `at ${cursorText(cursor)}` : 'at its beginning';
  return `${table} paused in ${day} ${where}, nothing in flight, ${exact(rowsLeft)} rows of this day left.`;
}

function replacedLine(scope: string, { owner, since, until, reason }: HoldReport, now: string): string {
  const end = until ? `, until ${moment(until, now)}` : '';
  return `${named(scope)} was paused already, by ${owner} since ${moment(since, now)}${end}: "${reason}". This pause takes its place.`;
}

/** What each purge workflow answered to the pause. The hold acts without them. */
export function purgeLines(answers: ReadonlyMap<string, PurgeAnswer>): string[] {
  const lines: string[] = [];
  const whys = new Set<string>();
  for (const [table, purge] of answers) {
    if (purge.kind === 'told') lines.push(answerLine(table, purge.answer));
    if (purge.kind === 'untold') whys.add(withoutAnswer(purge));
  }
  return [...lines, ...whys];
}

function answerLine(table: string, { paused, deleted }: { paused: object | null; deleted: number }): string {
  if (!paused) return `${table}: its purge goes on, because the hold was released meanwhile.`;
  return `${table}: its purge waits, with no slice in flight; it has deleted ${counted(deleted, 'row')}.`;
}

function withoutAnswer({ why, queued }: { why: string; queued: boolean }): string {
  return queued
    ? `The ledger holds it; the purge workflow hears of it once a worker is up: ${why}.`
    : `The ledger holds it; the purge workflow itself wasn't told: ${why}.`;
}

export interface Resume {
  scope: string;
  now: string;
  /** The pause that was dropped. */
  dropped: HoldReport | null;
  tables: readonly { report: TableReport; purge: PurgeAnswer }[];
}

export function resumeLines({ scope, now, dropped, tables }: Resume): string[] {
  const lines = [
    dropped
      ? `${named(scope)} goes on; it was paused by ${dropped.owner} since ${moment(dropped.since, now)}: "${dropped.reason}".`
      : `${scope === '*' ? 'There was no pause of all tables' : `${scope} was not paused`}; nothing was changed.`,
  ];
  for (const { report, purge } of tables) {
    const line = report.hold
      ? stillHeldLine(report.table, report.hold)
      : dropped && resumedLine(report, purge, argument(scope));
    if (line) lines.push(line);
  }
  return lines;
}

function stillHeldLine(table: string, { owner, reason, scope }: HoldReport): string {
  return `${table} is still held by ${owner}: "${reason}". Go on with: sediment resume ${argument(scope === '*' ? '*' : table)}`;
}

function resumedLine(report: TableReport, purge: PurgeAnswer, again: string): string | null {
  const { table, purging } = report;
  switch (purge.kind) {
    case 'told':
      return purging ? `${table} goes on in ${purging.day}, ${exact(purging.rowsLeft)} rows of this day left.` : null;
    case 'untold':
      return purge.queued
        ? `${table}: its purge goes on once a worker is up: ${purge.why}.`
        : `${table}: its purge wasn't told (${purge.why}), and may wait until it is. Say it again: sediment resume ${again}`;
    case 'notRunning':
      return report.debtDays > 0 && report.purge === 'enabled'
        ? `${table}: no purge is open; the next daily run starts it.`
        : null;
  }
}
