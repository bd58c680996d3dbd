import type { HoldReport } from '../../ledger/report.ts';
import { shellWord } from '../../model/tableName.ts';
import type { Told } from '../purgeUpdates.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { counted, exact, moment, secondsBetween, span } from './format.ts';
import { cursorText } from './tableText.ts';

export interface HeldTable {
  report: TableReport;
  told: Told;
}

export interface PauseAnswer {
  /** `db.table`, or `*` for all. */
  scope: string;
  now: string;
  /** When the pause ends by itself: ISO 8601, UTC. */
  until: string | null;
  /** Whether exports are held too. */
  exports?: boolean | undefined;
  /** The pause that stood before. */
  replaced: HoldReport | null;
  tables: readonly HeldTable[];
}

const argument = (scope: string) => (scope === '*' ? '--all' : shellWord(scope));
const named = (scope: string) => (scope === '*' ? 'Every table' : scope);

/** Where everything stands now, when it goes on, and how to go on earlier. */
export function pauseLines({ scope, now, until, exports, replaced, tables }: PauseAnswer): string[] {
  const standing = tables.flatMap(({ report: { table, purging } }) =>
    purging
      ? [
          `${table} paused in ${purging.day} ${purging.cursor ? `at ${cursorText(purging.cursor)}` : 'at its beginning'}, nothing in flight, ${exact(purging.rowsLeft)} rows of this day left.`,
        ]
      : [],
  );
  const all =
    scope === '*' ? [`All tables paused (${counted(tables.length, 'table')} of the config), nothing in flight.`] : [];
  const idle =
    scope !== '*' && standing.length === 0 ? [`${scope} paused; no day of it is half purged, nothing in flight.`] : [];
  const end = until
    ? `Resumes by itself at ${moment(until, now)} (${span(secondsBetween(now, until))}). Earlier: sediment resume ${argument(scope)}`
    : `Stays so until: sediment resume ${argument(scope)}`;
  const exporting = exports ? ['Exports are held too: each ends at its next page, and goes on after the pause.'] : [];
  return [
    ...all,
    ...standing,
    ...idle,
    ...exporting,
    ...replacedLines(scope, replaced, now),
    end,
    ...untoldLines(tables),
  ];
}

function replacedLines(scope: string, replaced: HoldReport | null, now: string): string[] {
  if (!replaced) return [];
  const until = replaced.until ? `, until ${moment(replaced.until, now)}` : '';
  return [
    `${named(scope)} was paused already, by ${replaced.owner} since ${moment(replaced.since, now)}${until}: "${replaced.reason}". This pause takes its place.`,
  ];
}

/** The hold acts without them: this only says why no workflow answered. */
function untoldLines(tables: readonly HeldTable[]): string[] {
  const whys = new Set(tables.flatMap(({ told }) => (told.kind === 'untold' ? [told.why] : [])));
  return [...whys].map((why) => `The ledger holds it; the purge workflow itself wasn't told: ${why}.`);
}

export interface ResumeAnswer {
  scope: string;
  now: string;
  /** The pause that was dropped. */
  dropped: HoldReport | null;
  tables: readonly HeldTable[];
}

export function resumeLines({ scope, now, dropped, tables }: ResumeAnswer): string[] {
  const lines = [
    dropped
      ? `${named(scope)} goes on; it was paused by ${dropped.owner} since ${moment(dropped.since, now)}: "${dropped.reason}".`
      : `${scope === '*' ? 'There was no pause of all tables' : `${scope} was not paused`}; nothing was changed.`,
  ];
  for (const { report, told } of tables) {
    const { hold, table, purging } = report;
    if (hold) {
      lines.push(
        `${table} is still held by ${hold.owner}: "${hold.reason}". Go on with: sediment resume ${hold.scope === '*' ? '--all' : shellWord(table)}`,
      );
      continue;
    }
    if (!dropped) continue;
    if (told.kind === 'untold')
      lines.push(
        `${table}: its purge wasn't told (${told.why}). If it was paused by an update, say it again: sediment resume ${argument(scope)}`,
      );
    else if (told.kind === 'told' && purging)
      lines.push(`${table} goes on in ${purging.day}, ${exact(purging.rowsLeft)} rows of this day left.`);
    else if (told.kind === 'notRunning' && report.debtDays > 0 && report.purge === 'enabled')
      lines.push(`${table}: no purge is open; the next daily run starts it.`);
  }
  return lines;
}
