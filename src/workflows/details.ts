import { parseTableName, tableArgument } from '../model/tableName.ts';
import { cell, code } from './markdown.ts';
import type { Outcome, TableOutcome } from './run/outcome.ts';
import type { InHand } from './run/runState.ts';

/** Rows of a table in Temporal's UI. A reader doesn't read more. */
const mostRows = 30;
/** Tables that need a person, each with its reason in full and a command. The others are in the table below. */
const mostNeedy = 10;

/**
 * A run as markdown: the tables that need a person, with the reason and the command to begin with, and then all of them
 * as a table, with failed, refused and unfinished ones first.
 */
export function outcomeTable(headline: string, outcome: Outcome, inHand: readonly InHand[]): string {
  const days = new Map(inHand.map(({ table, day }) => [table, day]));
  const entries = Object.entries(outcome.tables).sort(([, one], [, other]) => weight(other) - weight(one));
  const lines = entries
    .slice(0, mostRows)
    .map(
      ([table, found]) =>
        `| ${cell(table)} | ` +
        `${code(`${found.archived + found.alreadyArchived} of ${found.days + found.alreadyArchived}`)} | ` +
        `${code(String(found.rows))} | ${cell(now(found, days.get(table)))} |`,
    );
  const more = entries.length + outcome.unlisted - lines.length;
  return [
    headline,
    '',
    ...needingPerson(entries),
    '| table | days | rows | now |',
    '|---|---|---|---|',
    ...lines,
    ...(more > 0 ? ['', `and ${more} more`] : []),
  ].join('\n');
}

/** What the run has done, and first of all how many tables need a person: they are named below. */
export function headline({ archivedDays, rows, tablesRefused, tablesFailed }: Outcome): string {
  const done = `${archivedDays} days archived, ${rows} rows`;
  const named = (kind: 'refused' | 'failed', count: number) => {
    return count === 0 ? [] : [`**${count} ${count === 1 ? 'table' : 'tables'} ${kind}**`];
  };
  return [...named('refused', tablesRefused), ...named('failed', tablesFailed), done].join('; ');
}

function needingPerson(entries: readonly (readonly [string, TableOutcome])[]): string[] {
  const needy = entries.filter(([, found]) => found.failed || found.refused);
  if (needy.length === 0) return [];
  const lines = needy.slice(0, mostNeedy).map(([table, found]) => {
    const what = found.failed ? `failed: ${found.failed}` : `refused: ${found.refused}`;
    return `- **${cell(table)}** ${cell(what)}. ${code(`sediment explain ${argument(table)}`)}`;
  });
  const more = needy.length - lines.length;
  const count = needy.length === 1 ? '1 table needs' : `${needy.length} tables need`;
  return [`**${count} a person**`, '', ...lines, ...(more > 0 ? [`- and ${more} more`] : []), ''];
}

/** As a word of a command; as it is where a person made up a name that isn't one. */
function argument(table: string): string {
  try {
    return tableArgument(parseTableName(table));
  } catch {
    return table;
  }
}

function weight(found: TableOutcome): number {
  return (found.failed ? 4 : 0) + (found.refused ? 2 : 0) + (found.archived < found.days ? 1 : 0);
}

function now(found: TableOutcome, day: string | undefined): string {
  if (day) return `archiving ${day}`;
  if (found.failed) return `failed: ${found.failed}`;
  if (found.refused) return `refused: ${found.refused}`;
  if (found.elsewhere) return `in hand elsewhere: ${found.elsewhere.join(', ')}`;
  return found.archived < found.days ? 'waits' : 'archived';
}
