import type { PurgeProgress } from './purge/messages.ts';
import type { Outcome, TableOutcome } from './run/outcome.ts';
import type { InHand } from './run/runState.ts';

/** Rows of a table in Temporal's UI. A reader doesn't read more. */
const mostRows = 30;
/** Tables that the headline names. */
const namesShown = 5;

/** A run as a markdown table, with failed, refused and unfinished tables first. */
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
    '| table | days | rows | now |',
    '|---|---|---|---|',
    ...lines,
    ...(more > 0 ? ['', `and ${more} more`] : []),
  ].join('\n');
}

/** What the run has done, and first of all which tables need a person. */
export function headline({ archivedDays, rows, tables, tablesRefused, tablesFailed }: Outcome): string {
  const done = `${archivedDays} days archived, ${rows} rows`;
  const named = (kind: 'refused' | 'failed', count: number) => {
    if (count === 0) return [];
    const names = Object.entries(tables).flatMap(([table, found]) => (found[kind] ? [table] : []));
    const more = count > namesShown ? ` and ${count - namesShown} more` : '';
    return [
      `**${count} ${count === 1 ? 'table' : 'tables'} ${kind}**: ${names.slice(0, namesShown).join(', ')}${more}`,
    ];
  };
  return [...named('refused', tablesRefused), ...named('failed', tablesFailed), done].join('; ');
}

/** A purge in a sentence, and as a markdown table. */
export function purgeDetails({ summary, table, cutoff, day, deleted, pace, policyHash }: PurgeProgress): string {
  const facts = {
    table,
    'days before': cutoff,
    day: day ?? '-',
    'rows deleted': String(deleted),
    pace: pace ? JSON.stringify(pace) : 'the policy’s',
    policy: policyHash?.slice(0, 12) ?? '-',
  };
  const lines = Object.entries(facts).map(([name, value]) => `| ${name} | ${code(value)} |`);
  return [summary, '', '| | |', '|---|---|', ...lines].join('\n');
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

/** A cell as code, because the web UI's tables have no space between their columns and code has its own. */
function code(text: string): string {
  return text.includes('`') ? cell(text) : `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
