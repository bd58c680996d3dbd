import { cursorText } from '../../archive/cursor.ts';
import type { HistoryRow } from '../../ledger/history.ts';
import type { DayReport } from '../../ledger/report.ts';
import { acceptServerCommand } from '../../ledger/serverIdentity.ts';
import { shellWord } from '../../model/tableName.ts';
import type { TableState, WaitsFor } from '../../model/tableState.ts';
import { describeShares } from '../../pacing/timeAccount.ts';
import type { StatusFacts } from '../status/facts.ts';
import { findingOf } from '../status/stop.ts';
import { scheduleText } from '../status/tableState.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { hasWorker } from '../status/temporalStatus.ts';
import { counted, exact, moment, rate, secondsBetween, span } from './format.ts';
import { eventText } from './historyText.ts';
import { stateText } from './stateText.ts';
import { ledgerNotes } from './statusText.ts';
import { type Line, type Tone, wrap } from './terminal.ts';

/** One table's state, and all that it follows from. */
export interface Explained {
  report: TableReport;
  facts: StatusFacts;
  state: TableState;
  /** The day that the state is about, as the ledger has it. */
  day: DayReport | null;
  /** What the checks refuse in the table now. */
  checks: readonly string[];
  /** The newest events of its history, oldest first. */
  events: readonly HistoryRow[];
}

const tones: Partial<Record<TableState['kind'], Tone>> = {
  refused: 'bad',
  stopped: 'bad',
  failing: 'bad',
  waiting: 'waits',
  neverLookedAt: 'waits',
};

/** The state in a sentence, since when, the evidence, and the one command. */
export function explainLines(explained: Explained, width: number): Line[] {
  const { report, facts, state } = explained;
  const command = explainedCommand(explained);
  const finding = findingOf({ reason: stateText(state, facts.now, report), command });
  const tone = isDoubtful(explained) ? 'bad' : tones[state.kind];
  const doubt = isDoubtful(explained) ? ' by the ledger, but checked as this user it is refused now' : '';
  const head = wrap(`${report.table}: ${finding}${doubt}`, width).map(
    (text): Line => (tone ? { text, tone } : { text }),
  );
  const since = stateSince(state, report);
  const evidence = [
    ...(since
      ? [['since', `${moment(since, facts.now)}, ${span(secondsBetween(since, facts.now))} ago`] as const]
      : []),
    ...('remedy' in state && state.remedy ? [['remedy', state.remedy] as const] : []),
    ...evidenceOf(explained),
  ];
  return [
    ...head,
    ...evidence
      .flatMap(([name, text]) => wrap(`  ${name.padEnd(10)} ${text}`, width, ' '.repeat(13)))
      .map((text) => ({ text })),
    // A command is never broken over two lines, so that it can be copied.
    ...(command ? [{ text: `  ${'go on'.padEnd(10)} ${command}` }] : [{ text: '  Nothing is to be done.' }]),
  ];
}

/** Whether the checks refuse a table of which the ledger says nothing of the kind: renamed since, say, or hidden from this user. */
export function isDoubtful({ checks, state }: Pick<Explained, 'checks' | 'state'>): boolean {
  return checks.length > 0 && state.kind !== 'refused' && state.kind !== 'stopped';
}

/** What the checks refuse comes before a wait for the next run, which would refuse it too. */
export function explainedCommand(explained: Explained): string | null {
  const { report, facts, state } = explained;
  const command = commandFor(explained) ?? (state.kind === 'inOrder' ? beginCommand(facts) : null);
  const isKept = facts.missingLedger || facts.strangeServer || (state.kind === 'waiting' && state.for === 'hold');
  return isDoubtful(explained) && !isKept ? `sediment doctor ${shellWord(report.table)}` : command;
}

/** What has the next run begin, where none would: a table in order doesn't stay so. */
function beginCommand({ temporal }: StatusFacts): string | null {
  if (temporal.unreachable !== null) return null;
  if (!hasWorker(temporal)) return 'sediment worker';
  if (!temporal.schedule) return 'sediment schedule apply';
  return temporal.schedule.paused ? 'sediment schedule unpause' : null;
}

/** Since when the table is in its state: ISO 8601, UTC; null where nothing has kept it. */
export function stateSince(state: TableState, { hold }: TableReport): string | null {
  if (state.kind === 'waiting' && state.for === 'hold') return hold?.since ?? state.since;
  return 'since' in state ? state.since : null;
}

function evidenceOf(explained: Explained): (readonly [string, string])[] {
  const { report, facts, state, day, checks, events } = explained;
  const { temporal, now } = facts;
  const found: [string, string][] = [];
  for (const { text } of ledgerNotes(facts)) found.push(['ledger', text.replace(/:$/, '.')]);
  if (facts.strangeServer)
    found.push(['server', findingOf({ reason: facts.strangeServer, command: acceptServerCommand })]);
  for (const { day: kept, until, who, reason } of report.kept.slice(0, 3))
    found.push([
      'kept',
      `${kept} was put back by ${who} and is kept from the purge until ${moment(until, now)}: "${reason}"`,
    ]);
  for (const check of checks) found.push(['checks', `refused now: ${check}`]);
  if (state.kind === 'refused' && checks.length === 0)
    found.push(['checks', 'nothing refuses it any more: the next daily run opens it']);
  if (day) found.push(['rows', rowsText(day)]);
  if (report.missing)
    found.push([
      'missing',
      `${counted(report.missing.count, 'closed day')} without an archive, ${report.missing.from} … ${report.missing.to}`,
    ]);
  if (report.debtDays > 0 && report.oldestDue)
    found.push(['debt', `${counted(report.debtDays, 'day')} past ${report.retention}, the oldest ${report.oldestDue}`]);
  for (const [name, run] of [
    ['export', temporal.archives.get(report.table)],
    ['purge', temporal.purges.get(report.table)],
  ] as const)
    if (run?.failure) found.push([name, `attempt ${run.attempt}; the last one ended by: ${run.failure}`]);
  const { shares = null } = facts.spent.get(report.table) ?? {};
  if (shares) found.push(['time', `${describeShares(shares)}; ${rate(shares.rows / shares.seconds)}`]);
  found.push(['worker', workerText(facts)]);
  for (const { workflowId, activity, attempt, failure } of temporal.failingRuns ?? [])
    found.push(['run', `${workflowId}, attempt ${attempt} of ${activity}; the last one ended by: ${failure}`]);
  const schedule = scheduleText(temporal);
  if (schedule) found.push(['schedule', schedule]);
  if (report.look) found.push(['looked at', `by a daily run at ${moment(report.look.at, now)}`]);
  for (const event of events) {
    // The command stands by itself below.
    const text = findingOf({ reason: eventText(event), command: commandFor(explained) });
    const by = event.who.startsWith('sediment ') ? '' : `, by ${event.who}`;
    found.push(['happened', `${moment(event.at, now)}${event.day ? `, ${event.day}` : ''}: ${text}${by}`]);
  }
  return found;
}

function rowsText({ day, state, rowsArchived, rowsDeleted, proofs, cursor }: DayReport): string {
  const at = cursor ? `, behind ${cursorText(cursor)}` : '';
  const deleted = `${exact(rowsDeleted)} deleted by ${counted(proofs, 'proof')}`;
  return `${day} is ${state}: ${exact(rowsArchived)} archived, ${deleted}, ${exact(rowsArchived - rowsDeleted)} left${at}`;
}

function workerText({ temporal }: StatusFacts): string {
  if (temporal.unreachable) return `unknown: ${temporal.unreachable}`;
  const heard = temporal.workerHeardSecondsAgo;
  return heard === null ? 'none is up' : `asked for work ${span(heard)} ago`;
}

/** The one command that goes on, or shows more where only a person can; null where nothing is to be done. */
export function commandFor({ report, facts, state }: Pick<Explained, 'report' | 'facts' | 'state'>): string | null {
  const table = shellWord(report.table);
  if (facts.missingLedger) return 'sediment doctor';
  if (facts.strangeServer) return acceptServerCommand;
  switch (state.kind) {
    case 'refused':
    case 'stopped':
      return state.command ?? `sediment doctor ${table}`;
    case 'failing':
      return `sediment doctor ${table}`;
    case 'neverLookedAt':
      return `sediment plan ${table}`;
    case 'waiting':
      return waitCommands[state.for]({ report, facts, table });
    default:
      return null;
  }
}

interface Waiting {
  report: TableReport;
  facts: StatusFacts;
  table: string;
}

const watchIt = ({ table }: Waiting) => `sediment status ${table} --watch`;

function runCommand({ report, facts, table }: Waiting): string {
  const { schedule } = facts.temporal;
  if (facts.temporal.unreachable === null && !schedule) return 'sediment schedule apply';
  if (schedule?.paused) return 'sediment schedule unpause';
  const { missing } = report;
  if (!missing) return `sediment plan ${table}`;
  return `sediment backfill --table ${table} --from ${missing.from} --to ${missing.to}`;
}

/** What goes on before the wait is over, or shows when it will be. */
const waitCommands: Readonly<Record<WaitsFor, (waiting: Waiting) => string>> = {
  worker: () => 'sediment worker',
  hold: ({ report, table }) => `sediment resume ${report.hold?.scope === '*' ? '--all' : table}`,
  run: runCommand,
  archive: runCommand,
  clock: ({ table }) => `sediment doctor ${table}`,
  window: watchIt,
  fuse: watchIt,
  health: watchIt,
  contention: watchIt,
};
