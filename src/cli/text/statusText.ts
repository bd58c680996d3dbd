import { acceptServerCommand } from '../../ledger/serverIdentity.ts';
import { shellWord } from '../../model/tableName.ts';
import type { TableState } from '../../model/tableState.ts';
import type { StatusFacts } from '../status/facts.ts';
import { findingOf } from '../status/stop.ts';
import { scheduleText, tableState } from '../status/tableState.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { hasWorker } from '../status/temporalStatus.ts';
import { backlogText } from './backlogText.ts';
import { drillNotes } from './drillText.ts';
import { erasureNotes } from './eraseText.ts';
import { expiryNotes } from './expiryText.ts';
import { counted, moment, short, span } from './format.ts';
import { keptNotes } from './keptText.ts';
import type { Note } from './note.ts';
import { heldText, isAtWork, nowOf, stateText, tableEta, waitText, wideColumns } from './stateText.ts';
import { columns, type Line, wrap } from './terminal.ts';

/** One line per table, then the backlog, then what needs a person. */
export function statusLines(facts: StatusFacts, width: number): Line[] {
  const nows = facts.tables.map((each) => nowOf(each, facts, width));
  const rows = columns(
    [
      ['TABLE', 'ARCHIVED', 'PURGED', 'DEBT', 'NOW'],
      ...facts.tables.map((each, index) => [
        each.table,
        `${each.archivedThrough ?? '-'}${each.missing ? ' !' : ''}`,
        each.purgedThrough ?? '-',
        backlogDays(each),
        nows[index]?.text ?? '',
      ]),
    ],
    width,
  );
  const table = rows.map((text, index): Line => {
    const tone = index === 0 ? 'head' : nows[index - 1]?.tone;
    return tone ? { text, tone } : { text };
  });
  const notes = [
    ...ledgerNotes(facts),
    ...serverNotes(facts),
    ...facts.tables.flatMap((each) => [
      ...notesOf(each, facts),
      ...(width >= wideColumns ? [] : timeNotes(each, facts)),
    ]),
    ...holdNotes(facts),
    ...unlistedNotes(facts),
    ...runNotes(facts),
    ...scheduleNotes(facts),
    ...workerNotes(facts),
  ];
  return [
    ...table,
    { text: '' },
    ...wrap(backlogText(facts), width).map((text) => ({ text })),
    ...notes.flatMap((each) => noteLines(each, width)),
  ];
}

function backlogDays({ purge, debtDays, neverArchived }: TableReport): string {
  if (purge === 'disabled') return 'off';
  // Before the first archive nobody has looked at what the table holds.
  if (neverArchived) return '?';
  return debtDays === 0 ? 'none' : counted(debtDays, 'day');
}

/** On a narrow terminal the table's line has no room for the reason of a wait. */
function timeNotes(report: TableReport, facts: StatusFacts): Note[] {
  if (!isAtWork(report)) return [];
  const parts = [waitText(report, facts), heldText(report, facts)].filter((each) => each !== '');
  return parts.length === 0 ? [] : [{ text: `${report.table}: ${parts.join('; ')}.`, tone: 'waits' }];
}

/** A command is never broken over two lines, so that it can be copied. */
function noteLines({ text, command, tone }: Note, width: number): Line[] {
  const whole = command ? `${text} ${command}` : text;
  const lines = [...whole].length <= width ? [whole] : [...wrap(text, width), ...(command ? [`  ${command}`] : [])];
  return lines.map((line) => ({ text: line, tone }));
}

/** Before the first worker there is none; afterwards a wrong name or a lost database looks the same. */
export function ledgerNotes({ missingLedger }: Pick<StatusFacts, 'missingLedger'>): Note[] {
  if (!missingLedger) return [];
  const text =
    `There is no ledger ${missingLedger} on this server, so nothing is known of any table. The first worker makes it ` +
    'when it starts; where there was one before, look at source.url and source.ledger, and restore it:';
  return [{ text, command: 'sediment doctor', tone: 'bad' }];
}

/** Nothing is archived or purged on a server that nobody has accepted. */
function serverNotes({ strangeServer }: StatusFacts): Note[] {
  if (!strangeServer) return [];
  const command = acceptServerCommand;
  return [{ text: findingOf({ reason: strangeServer, command }), command, tone: 'bad' }];
}

/** What keeps a table from its work, in full, and the one way on. */
function stateNotes(report: TableReport, state: TableState, facts: StatusFacts): Note[] {
  const { table } = report;
  const summary = `${table}: ${stateText(state, facts.now, report)}`;
  switch (state.kind) {
    case 'refused':
    case 'stopped': {
      const { command, remedy } = state;
      const subject = state.kind === 'stopped' && state.day && state.work === 'purge';
      const words = subject ? `${table} stopped at ${state.day}: ${state.reason}` : summary;
      const finding = findingOf({ reason: words, command });
      if (command) return [{ text: finding, command, tone: 'bad' }];
      const text = `${sentence(finding)}${remedy ? ` ${sentence(capital(remedy))}` : ''} Once that is mended, the next daily run goes on.`;
      return [{ text: `${text} Look at it:`, command: `sediment explain ${shellWord(table)}`, tone: 'bad' }];
    }
    case 'failing':
      return [
        {
          text: `${sentence(summary)} It is tried again by itself; look at it:`,
          command: `sediment explain ${shellWord(table)}`,
          tone: 'bad',
        },
      ];
    default:
      return [];
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Each hold once, however many tables it holds. */
function holdNotes({ tables, now }: StatusFacts): Note[] {
  const holds = new Map(tables.flatMap(({ hold }) => (hold ? [[hold.scope, hold] as const] : [])));
  return [...holds.values()].map(({ scope, owner, since, until, reason, exports }) => ({
    text:
      `${scope === '*' ? 'All tables are' : `${scope} is`} paused${exports ? ', exports too,' : ''} since ` +
      `${moment(since, now)} by ${owner}${until ? ` until ${moment(until, now)}` : ''}: "${reason}". Go on ` +
      'with:',
    command: `sediment resume ${scope === '*' ? '--all' : shellWord(scope)}`,
    tone: 'waits',
  }));
}

/** Closed days without an archive, and the command that fills them now. */
function missingNote(
  { table, stopped, refused }: TableReport,
  { count, from, to }: NonNullable<TableReport['missing']>,
  { temporal }: StatusFacts,
): Note {
  const days = `${table}: ${counted(count, 'closed day')} without an archive, ${from}${count > 1 ? ` … ${to}` : ''}.`;
  // What is refused or stopped is refused to a backfill too.
  if (refused || stopped?.work === 'archive') return { text: days, tone: 'waits' };
  const why = scheduleText(temporal);
  const runs = why ? `No daily run fills them, because ${why}; now:` : 'The next daily run fills them; now:';
  return {
    text: `${days} ${runs}`,
    command: `sediment backfill --table ${shellWord(table)} --from ${from} --to ${to}`,
    tone: 'waits',
  };
}

/** What is wrong with a table, in full. */
function notesOf(report: TableReport, facts: StatusFacts): Note[] {
  const notes: Note[] = [];
  const { table, missing, workerPolicy } = report;
  notes.push(...stateNotes(report, tableState(report, facts), facts));
  // Of a refused table the reason says it.
  if (facts.unseen?.has(table) && !report.refused)
    notes.push({
      text:
        `${table}: MySQL shows this user no such table, so what is said of it is the ledger’s word alone: it was renamed ` +
        'or dropped, or the user has no right to it. Look at it:',
      command: `sediment doctor ${shellWord(table)}`,
      tone: 'bad',
    });
  if (workerPolicy) {
    const differs = workerPolicy.differs.map(({ key, worker, config }) => `${key}: ${worker} there, ${config} here`);
    notes.push({
      text:
        `${table}: the worker that started last, at ${moment(workerPolicy.startedAt, facts.now)}, has another policy ` +
        `than this config (${differs.join('; ')}). What the worker has is shown, because it counts; ` +
        'a worker that starts with this config changes it.',
      tone: 'waits',
    });
  }
  if (missing) notes.push(missingNote(report, missing, facts));
  const [damage] = report.audit?.damaged ?? [];
  if (damage)
    notes.push({
      text:
        `${table}: ${counted(report.audit?.damaged.length ?? 0, 'archived day')} found damaged, the first ` +
        `${damage.day}: ${damage.finding}. Put it back from its versions, then:`,
      command: `sediment verify ${shellWord(table)} --day ${damage.day}`,
      tone: 'bad',
    });
  if (report.left)
    notes.push({
      text:
        `${table}: ${counted(report.left.rows, 'row')} left in the table, the first of ${report.left.day}: ` +
        'purged once, back with other values than were archived. To archive both, say recreated: keepBoth in its ' +
        'policy.',
      tone: 'waits',
    });
  notes.push(
    ...keptNotes(report, facts.now),
    ...drillNotes(report, facts.now),
    ...erasureNotes(report),
    ...expiryNotes(report),
  );
  const found = tableEta(facts, report);
  if (found.kind === 'never')
    notes.push({
      text:
        `${table}: never within its policy: at this pace the backlog ` +
        `${found.growthRowsPerDay > 0 ? `grows by ${short(found.growthRowsPerDay)} rows a day` : 'stays as it is'}. ` +
        'Look at what holds it, at its window, maxRowsPerSecond and maxRowsPerDay.',
      tone: 'bad',
    });
  return notes;
}

/** A config of one table of hundreds would otherwise hide what it is asked for. */
const mostUnlisted = 5;

/** Tables without a policy whose rows are archived and still in MySQL: nobody purges them. */
function unlistedNotes({ unlisted = [] }: StatusFacts): Note[] {
  const more = unlisted.length - mostUnlisted;
  const notes = unlisted.slice(0, mostUnlisted).map(
    ({ table, days, rows }): Note => ({
      text:
        `${table} has no policy in this config, so nothing of it is archived or purged: ${counted(days, 'archived day')}, ` +
        `${short(rows)} rows by the ledger’s account, may still be in MySQL. What happened to it:`,
      command: `sediment history ${shellWord(table)}`,
      tone: 'waits',
    }),
  );
  if (more <= 0) return notes;
  return [
    ...notes,
    { text: `So it is with ${counted(more, 'further table')}; sediment status --json names them.`, tone: 'waits' },
  ];
}

/** A run that comes to no further table: no table's state says so. */
function runNotes({ temporal }: StatusFacts): Note[] {
  return (temporal.failingRuns ?? []).map(({ workflowId, activity, attempt, failure }) => ({
    text: sentence(
      `The run ${workflowId} failed ${counted(attempt - 1, 'time')} at ${activity}, and is tried again by itself: ${failure}`,
    ),
    tone: 'bad',
  }));
}

/** Nothing starts by itself while the schedule is paused, or isn't there. */
function scheduleNotes({ temporal }: StatusFacts): Note[] {
  const why = scheduleText(temporal);
  if (!why) return [];
  const command = temporal.schedule ? 'sediment schedule unpause' : 'sediment schedule apply';
  return [{ text: `No daily run starts: ${why}. Go on with:`, command, tone: 'waits' }];
}

/** A note where no worker is up. */
export function workerNotes({ temporal, source }: Pick<StatusFacts, 'temporal' | 'source'>): Note[] {
  if (temporal.unreachable) return [{ text: `From the ledger alone: ${temporal.unreachable}`, tone: 'waits' }];
  if (hasWorker(temporal)) return [];
  const heard = temporal.workerHeardSecondsAgo;
  const since = heard === null ? 'is up' : `has asked for work for ${span(heard)}`;
  return [
    {
      text: `No worker of ${source} ${since}: nothing is archived or purged. Start one:`,
      command: 'sediment worker',
      tone: 'bad',
    },
  ];
}
