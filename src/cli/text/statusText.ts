import { shellWord } from '../../model/tableName.ts';
import { describeHeld, percentOf, type Shares, type Wait } from '../../pacing/timeAccount.ts';
import { type Bounds, boundsOf, type Eta, etaOf } from '../status/eta.ts';
import type { Rate } from '../status/rate.ts';
import { findingOf, readStop, type Stop } from '../status/stop.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { hasWorker, type OpenRun, type TemporalReport } from '../status/temporalStatus.ts';
import { bar, counted, moment, percent, rate, secondsBetween, short, size, span } from './format.ts';
import { columns, type Line, type Tone, wrap } from './terminal.ts';

/** Everything that the text of `status` is made from. */
export interface StatusFacts {
  /** MySQL's clock: ISO 8601, UTC. */
  now: string;
  source: string;
  /** Why nothing is archived or purged: nobody has accepted this server. */
  strangeServer?: string | null;
  tables: readonly TableReport[];
  temporal: TemporalReport;
  /** By `db.table`, where a purge is running. */
  rates: ReadonlyMap<string, Rate>;
  /** By `db.table`, where a purge has written its account. */
  spent: ReadonlyMap<string, Spent>;
  /** By `db.table`. */
  bounds: ReadonlyMap<string, Bounds>;
}

/** How a purge spent its last ten minutes. */
export interface Spent {
  /** Null where its account doesn't cover them. */
  shares: Shares | null;
  /** Why it waits now; `since` is ISO 8601, UTC. */
  wait: (Omit<Wait, 'since'> & { since: string }) | null;
}

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
    ...serverNotes(facts),
    ...facts.tables.flatMap((each) => [...notesOf(each, facts), ...(isWide(width) ? [] : timeNotes(each, facts))]),
    ...holdNotes(facts),
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

/** What the table is doing, or why it does nothing; the worst is chosen. */
function nowOf(report: TableReport, facts: StatusFacts, width: number): { text: string; tone?: Tone } {
  const { stopped, hold, purging, archiving, missing } = report;
  if (stopped) return { text: `stopped at ${stopped.day}: ${stopped.reason}`, tone: 'bad' };
  const failing = failureOf(report, facts.temporal);
  if (failing) return { text: failing, tone: 'bad' };
  if (waitsForWorker(report, facts.temporal)) {
    const day = archiving?.day ?? purging?.day;
    return { text: `${day ? `${day} ` : ''}waits for a worker: the last one was shut down`, tone: 'waits' };
  }
  if (hold) {
    const until = hold.until ? ` until ${moment(hold.until, facts.now)}` : '';
    return { text: `paused by ${hold.owner}${until}: "${hold.reason}"`, tone: 'waits' };
  }
  if (purging) {
    const wide = isWide(width);
    const done = `${bar(purging.share, wide ? 10 : 6)} ${percent(purging.share)}`;
    if (facts.temporal.unreachable === null && !facts.temporal.purges.has(report.table))
      return { text: `${done} of ${purging.day}, no purge is running`, tone: 'waits' };
    const waits = waitText(report, facts);
    if (waits) return { text: wide ? `${done} of ${purging.day}  ${waits}` : waits, tone: 'waits' };
    const observed = facts.rates.get(report.table);
    const where = wide || observed === undefined ? `${done} of ${purging.day}` : done;
    if (observed === undefined) return { text: where };
    const parts = [where, rate(observed.rowsPerSecond), etaText(report, facts), wide ? heldOf(report, facts) : ''];
    return { text: parts.filter((each) => each !== '').join(wide ? '  ' : ' ') };
  }
  if (archiving) return { text: `archiving ${archiving.day} (${archiving.state})` };
  if (missing) return { text: `${counted(missing.count, 'day')} wait for the archive`, tone: 'waits' };
  if (report.archivedThrough === null) return { text: 'nothing archived yet' };
  if (report.purge === 'enabled' && report.debtDays > 0)
    return { text: facts.temporal.purges.has(report.table) ? 'purge is running' : 'waits for the next daily run' };
  return { text: '' };
}

/** What Temporal's worker fails an activity by when it is ended, as a deploy does it: no failure of the work. */
const workerEnded = 'Worker is shutting down';

/** Whether the table's work waits for a worker because its last one was ended. */
function waitsForWorker({ table }: TableReport, { archives, purges }: TemporalReport): boolean {
  return [archives.get(table), purges.get(table)].some((run) => run?.failure === workerEnded);
}

function failureOf(report: TableReport, temporal: TemporalReport): string | null {
  const failed = (run: OpenRun | undefined) => (run?.failure && run.failure !== workerEnded ? run : undefined);
  const archive = failed(temporal.archives.get(report.table));
  // A held export fails at each attempt until the resume; the line about the hold says it better.
  if (archive && !report.hold?.exports)
    return `export of ${report.archiving?.day} failed ${counted(archive.attempt - 1, 'time')}: ${archive.failure}`;
  const purge = failed(temporal.purges.get(report.table));
  return purge ? `purge failed ${counted(purge.attempt - 1, 'time')}: ${purge.failure}` : null;
}

/** How long the table's backlog takes at the observed rate. */
export function tableEta(facts: StatusFacts, report: TableReport): Eta {
  const { table } = report;
  // Nothing works there, so a rate that was seen before says nothing of what comes.
  if (!isAtWork(report) || !hasWorker(facts.temporal)) return { kind: 'unknown' };
  const bounds = facts.bounds.get(table) ?? boundsOf({ maxRowsPerDay: 0 });
  return etaOf(report, facts.rates.get(table) ?? null, bounds, facts.now);
}

function etaText(report: TableReport, facts: StatusFacts): string {
  const found = tableEta(facts, report);
  if (found.kind === 'never') return 'never';
  return found.kind === 'paid' ? span(found.seconds) : '';
}

/** Shorter waits aren't shown, because the rest between two transactions is part of the pace. */
const longWaitSeconds = 5;

/** For how long a purge has waited, and for what; null where it works. */
export function longWait(
  { table }: TableReport,
  { spent, now }: StatusFacts,
): { seconds: number; reason: string } | null {
  const wait = spent.get(table)?.wait;
  if (!wait || wait.by === 'pace') return null;
  const seconds = secondsBetween(wait.since, now);
  return seconds < longWaitSeconds ? null : { seconds, reason: wait.reason };
}

/** `waits 2m 10s: replica db-2 is 4.2 s behind, limit 1 s`; empty where it works. */
function waitText(report: TableReport, facts: StatusFacts): string {
  const wait = longWait(report, facts);
  return wait ? `waits ${span(wait.seconds)}: ${wait.reason}` : '';
}

/** `held 43 % of the last 10 min: replica db-2 lag 38 %, window 5 %`; empty where nothing held it. */
function heldOf({ table }: TableReport, { spent }: StatusFacts): string {
  const shares = spent.get(table)?.shares;
  return shares && percentOf(shares.held) > 0 ? describeHeld(shares) : '';
}

/** On a narrow terminal the table's line has no room for the reason of a wait. */
function timeNotes(report: TableReport, facts: StatusFacts): Note[] {
  if (!isAtWork(report)) return [];
  const parts = [waitText(report, facts), heldOf(report, facts)].filter((each) => each !== '');
  return parts.length === 0 ? [] : [{ text: `${report.table}: ${parts.join('; ')}.`, tone: 'waits' }];
}

/** Whether a day is begun and neither stopped nor held. */
export function isAtWork({ purging, hold, stopped }: TableReport): boolean {
  return purging !== null && hold === null && stopped === null;
}

function isWide(width: number): boolean {
  return width >= 100;
}

/** Something that a person should know, and the command to go on with. */
interface Note {
  text: string;
  command?: string;
  tone: Tone;
}

/** A command is never broken over two lines, so that it can be copied. */
function noteLines({ text, command, tone }: Note, width: number): Line[] {
  const whole = command ? `${text} ${command}` : text;
  const lines = [...whole].length <= width ? [whole] : [...wrap(text, width), ...(command ? [`  ${command}`] : [])];
  return lines.map((line) => ({ text: line, tone }));
}

/** Nothing is archived or purged on a server that nobody has accepted. */
function serverNotes({ strangeServer }: StatusFacts): Note[] {
  return strangeServer ? [stopNote(readStop(strangeServer))] : [];
}

/** `otherwise` follows where no command does; nothing follows a command, because it is copied. */
function stopNote(stop: Stop, subject = '', otherwise = ''): Note {
  const text = `${subject}${findingOf(stop)}`;
  return stop.command === null
    ? { text: `${text}${otherwise}`, tone: 'bad' }
    : { text, command: stop.command, tone: 'bad' };
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

/** What is wrong with a table, in full. */
function notesOf(report: TableReport, facts: StatusFacts): Note[] {
  const notes: Note[] = [];
  const { table, stopped, missing } = report;
  if (stopped)
    notes.push(
      stopNote(stopped, `${table} stopped at ${stopped.day}: `, '. Once that is mended, the next daily run goes on.'),
    );
  const failing = failureOf(report, facts.temporal);
  if (failing)
    notes.push({
      text: `${table}: ${failing}. It is tried again by itself; ask:`,
      command: `sediment doctor ${shellWord(table)}`,
      tone: 'bad',
    });
  if (missing)
    notes.push({
      text:
        `${table}: ${counted(missing.count, 'closed day')} without an archive, ` +
        `${missing.from}${missing.count > 1 ? ` … ${missing.to}` : ''}. The next daily run fills them; now:`,
      command: `sediment backfill --table ${shellWord(table)} --from ${missing.from} --to ${missing.to}`,
      tone: 'waits',
    });
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

function backlogText({ tables }: StatusFacts): string {
  const due = tables.filter((each) => each.purge === 'enabled');
  const rows = due.reduce((total, each) => total + each.rowsDue, 0);
  const bytes = due.reduce((total, each) => total + each.bytesDue, 0);
  const withBacklog = due.filter((each) => each.debtDays > 0);
  const unseen = due.filter((each) => each.neverArchived).length;
  const uncounted =
    `${counted(unseen, 'table')} ${unseen === 1 ? 'was' : 'were'} never archived, and what is due there ` +
    `isn't counted here; sediment plan counts it.`;
  if (withBacklog.length === 0) {
    if (due.length === 0) return 'No table is purged by its policy.';
    return unseen > 0
      ? `Backlog unknown: ${uncounted}`
      : 'No backlog: nothing that is past its retention is still there.';
  }
  const unknown = withBacklog.some((each) => each.missing && each.missing.from < each.cutoff)
    ? ', and days without an archive'
    : '';
  return `Backlog ${short(rows)} rows, about ${size(bytes)} as CSV, in ${counted(withBacklog.length, 'table')}${unknown}.${unseen > 0 ? ` ${uncounted}` : ''}`;
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
