import type { TablePolicy } from '../config/policy.ts';
import { type PurgeWindow, parseWindow } from '../config/window.ts';
import type { Shares } from './timeAccount.ts';
import { windowAt } from './window.ts';

/** Rows deleted per second, and over how many seconds that was observed. */
export interface Rate {
  rowsPerSecond: number;
  seconds: number;
  /** How many of these seconds the window was closed or the fuse reached, so that nothing could be deleted. */
  closedSeconds?: number;
}

/** What a purge has before it. */
export interface Backlog {
  purge: TablePolicy['purge'];
  /** Rows past the retention that are archived and not purged. */
  rowsDue: number;
  /** New rows per day; null where it isn't known. */
  inflowRowsPerDay: number | null;
}

/** How long the backlog takes, or by how much it grows. */
export type Eta = { kind: 'unknown' } | { kind: 'paid'; seconds: number } | { kind: 'never'; growthRowsPerDay: number };

/** What limits a purge, however fast it deletes. */
export interface Bounds {
  /** The most rows per UTC day; 0 for no limit. */
  fuse: number;
  /** Rows deleted on this UTC day. */
  deletedToday: number;
  window: PurgeWindow | undefined;
}

export function boundsOf(
  policy: Pick<TablePolicy, 'maxRowsPerDay'> & Partial<Pick<TablePolicy, 'window'>>,
  deletedToday = 0,
): Bounds {
  const window = policy.window === undefined ? undefined : parseWindow(policy.window);
  return { fuse: policy.maxRowsPerDay, deletedToday, window };
}

const dayMillis = 86_400_000;
/** Shorter accounts are ignored: two readings of the ledger are as precise. */
const shortestAccountSeconds = 2;
/** A shorter observation may lie in a rest between two transactions, so no day is forecast from it. */
const shortestSeconds = 60;
/** Window changes and midnights that are simulated one by one; beyond a month or so the average is as good. */
const simulatedSteps = 100;

/** The rate of the last ten minutes, waits included, from the purge's own account; null where it has none yet. */
export function recentRate(shares: Shares | null): Rate | null {
  if (!shares || shares.seconds < shortestAccountSeconds) return null;
  const { rows, seconds, closedSeconds } = shares;
  return { rowsPerSecond: rows / seconds, seconds, closedSeconds };
}

/** New rows per day, averaged over the last seven archived days; null before the first. @param archived oldest first */
export function inflowOf(archived: readonly { rowsArchived: number }[]): number | null {
  const recent = archived.slice(-7);
  return recent.length === 0 ? null : recent.reduce((sum, each) => sum + each.rowsArchived, 0) / recent.length;
}

/**
 * How long the backlog takes at a rate, within the window and under the fuse. At each midnight a day's inflow passes
 * the retention and adds to it. `now` is ISO 8601.
 */
export function etaOf(backlog: Backlog, rate: Rate | null, bounds: Bounds, now: string): Eta {
  if (rate === null || backlog.purge === 'disabled') return { kind: 'unknown' };
  if (backlog.rowsDue === 0) return { kind: 'paid', seconds: 0 };
  const start = Date.parse(now);
  const openSeconds = rate.seconds - (rate.closedSeconds ?? 0);
  // The window was closed or the fuse reached all the time, so the rate is unknown.
  if (openSeconds < 1) return { kind: 'unknown' };
  const perMilli = (rate.rowsPerSecond * rate.seconds) / openSeconds / 1000;
  const inflow = backlog.inflowRowsPerDay ?? 0;
  const possible = perMilli * dayMillis * openShare(bounds.window, start);
  const net = (bounds.fuse > 0 ? Math.min(possible, bounds.fuse) : possible) - inflow;
  if (net <= 0)
    return openSeconds < shortestSeconds
      ? { kind: 'unknown' }
      : { kind: 'never', growthRowsPerDay: Math.round(Math.max(0, -net)) };
  let left = backlog.rowsDue;
  let budget = bounds.fuse > 0 ? Math.max(0, bounds.fuse - bounds.deletedToday) : Number.POSITIVE_INFINITY;
  let at = start;
  for (let step = 0; step < simulatedSteps; step++) {
    const { open, changesAt = Number.POSITIVE_INFINITY } = stateAt(bounds.window, at);
    const midnight = (Math.floor(at / dayMillis) + 1) * dayMillis;
    const until = Math.min(midnight, changesAt);
    const done = open ? Math.min(perMilli * (until - at), budget) : 0;
    if (left <= done) return { kind: 'paid', seconds: (at + left / perMilli - start) / 1000 };
    left -= done;
    budget -= done;
    at = until;
    if (until < midnight) continue;
    left += inflow;
    if (bounds.fuse > 0) budget = bounds.fuse;
  }
  return { kind: 'paid', seconds: (at - start + (left / net) * dayMillis) / 1000 };
}

/** The share of the coming week in which the window is open. */
function openShare(window: PurgeWindow | undefined, start: number): number {
  const end = start + 7 * dayMillis;
  let open = 0;
  for (let at = start; at < end; ) {
    const state = stateAt(window, at);
    const until = Math.min(end, state.changesAt ?? end);
    if (state.open) open += until - at;
    at = until;
  }
  return open / (end - start);
}

function stateAt(window: PurgeWindow | undefined, at: number): { open: boolean; changesAt?: number | undefined } {
  return window ? windowAt(window, at) : { open: true };
}
