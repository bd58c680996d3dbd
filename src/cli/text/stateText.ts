import type { TableState, WaitsFor } from '../../model/tableState.ts';
import { boundsOf, type Eta, etaOf } from '../../pacing/eta.ts';
import { describeHeld, percentOf } from '../../pacing/timeAccount.ts';
import type { StatusFacts } from '../status/facts.ts';
import { longWait, tableState } from '../status/tableState.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { hasWorker } from '../status/temporalStatus.ts';
import { bar, counted, moment, percent, rate, secondsBetween, span } from './format.ts';
import type { Tone } from './terminal.ts';

/** The column NOW: what the table does, or why it does nothing. */
export function nowOf(report: TableReport, facts: StatusFacts, width: number): { text: string; tone?: Tone } {
  const state = tableState(report, facts);
  const text = stateText(state, facts.now, report);
  switch (state.kind) {
    case 'refused':
    case 'stopped':
    case 'failing':
      return { text, tone: 'bad' };
    case 'neverLookedAt':
      return { text, tone: 'waits' };
    case 'waiting':
      return { text: waitingText(state, report, facts, width), tone: 'waits' };
    case 'purging':
      return { text: report.purging ? progressText(report, facts, width) : text };
    case 'inOrder':
      return { text: report.archivedThrough === null ? 'nothing archived yet: the table was empty' : '' };
    default:
      return { text };
  }
}

/** Waits of which the reason is a fact by itself: a reading, a window, a count. */
const passing: readonly WaitsFor[] = ['window', 'fuse', 'clock', 'health', 'contention'];

/** A state in words, without figures. */
export function stateText(state: TableState, now: string, { hold }: Pick<TableReport, 'hold'>): string {
  switch (state.kind) {
    case 'refused':
      return `refused since ${moment(state.since, now)}: ${state.reason}`;
    case 'stopped': {
      const what = state.day ? `stopped at ${state.day}` : 'its purge is stopped';
      return `${state.work === 'archive' && state.day ? `archive of ${state.day} stopped` : what}: ${state.reason}`;
    }
    case 'failing':
      return state.work === 'archive'
        ? `export${state.day ? ` of ${state.day}` : ''} failed ${counted(state.times, 'time')}: ${state.failure}`
        : `purge failed ${counted(state.times, 'time')}: ${state.failure}`;
    case 'neverLookedAt':
      return 'never looked at: no daily run has opened it yet';
    case 'waiting': {
      if (state.for === 'worker') {
        const ended = state.since ? ` at ${moment(state.since, now)}` : '';
        return `${state.day ? `${state.day} ` : ''}${state.reason}${ended}`;
      }
      if (state.for !== 'hold') return passing.includes(state.for) ? `waits: ${state.reason}` : state.reason;
      if (!hold) return `paused: ${state.reason}`;
      return `paused by ${hold.owner}${hold.until ? ` until ${moment(hold.until, now)}` : ''}: "${hold.reason}"`;
    }
    case 'exporting':
    case 'verifying':
    case 'purging':
    case 'healing':
      return `${state.kind} ${state.day ?? ''}`.trimEnd();
    case 'inOrder':
      return 'in order';
  }
}

function waitingText(
  state: Extract<TableState, { kind: 'waiting' }>,
  report: TableReport,
  facts: StatusFacts,
  width: number,
): string {
  const { purging } = report;
  const text = stateText(state, facts.now, report);
  if (!purging || state.for === 'worker' || state.for === 'hold') return text;
  const wide = width >= wideColumns;
  const done = `${bar(purging.share, wide ? 10 : 6)} ${percent(purging.share)}`;
  if (state.for === 'run') return `${done} of ${purging.day}, ${text}`;
  const waits = waitText(report, facts);
  return wide ? `${done} of ${purging.day}  ${waits}` : waits;
}

/** From this width on a table's line has room for why it waits. */
export const wideColumns = 100;

function progressText(report: TableReport, facts: StatusFacts, width: number): string {
  const { purging } = report;
  if (!purging) return '';
  const wide = width >= wideColumns;
  const done = `${bar(purging.share, wide ? 10 : 6)} ${percent(purging.share)}`;
  const observed = facts.rates.get(report.table);
  const where = wide || observed === undefined ? `${done} of ${purging.day}` : done;
  if (observed === undefined) return where;
  const parts = [where, rate(observed.rowsPerSecond), etaText(report, facts), wide ? heldText(report, facts) : ''];
  return parts.filter((each) => each !== '').join(wide ? '  ' : ' ');
}

/** How long the table's backlog takes at the observed rate. */
export function tableEta(facts: StatusFacts, report: TableReport): Eta {
  const { table } = report;
  // Nothing works there, so a rate that was seen before says nothing of what comes.
  if (!isAtWork(report) || !hasWorker(facts.temporal) || !purgesNow(report, facts)) return { kind: 'unknown' };
  const bounds = facts.bounds.get(table) ?? boundsOf({ maxRowsPerDay: 0 });
  return etaOf(report, facts.rates.get(table) ?? null, bounds, facts.now);
}

/** Whether the purge works, or waits for what passes by itself. */
function purgesNow(report: TableReport, facts: StatusFacts): boolean {
  const state = tableState(report, facts);
  if (state.kind === 'waiting') return !['worker', 'run', 'hold', 'clock'].includes(state.for);
  return state.kind === 'purging' || state.kind === 'healing';
}

function etaText(report: TableReport, facts: StatusFacts): string {
  const found = tableEta(facts, report);
  if (found.kind === 'never') return 'never';
  return found.kind === 'paid' ? span(found.seconds) : '';
}

/** `waits 2m 10s: replica db-2 is 4.2 s behind, limit 1 s`; empty where it works. */
export function waitText(report: TableReport, facts: StatusFacts): string {
  const wait = longWait(report, facts);
  return wait ? `waits ${span(secondsBetween(wait.since, facts.now))}: ${wait.reason}` : '';
}

/** `held 43 % of the last 10 min: replica db-2 lag 38 %, window 5 %`; empty where nothing held it. */
export function heldText({ table }: TableReport, { spent }: StatusFacts): string {
  const shares = spent.get(table)?.shares;
  return shares && percentOf(shares.held) > 0 ? describeHeld(shares) : '';
}

/** Whether a day is begun and neither stopped, refused nor held. */
export function isAtWork({ purging, hold, stopped, refused }: TableReport): boolean {
  return purging !== null && hold === null && stopped === null && refused === null;
}
