import type { TablePolicy } from '../../config/policy.ts';
import { type PurgeWindow, parseWindow } from '../../config/window.ts';
import { windowAt } from '../../pacing/window.ts';
import type { Pace } from './rate.ts';
import type { TableReport } from './tableStatus.ts';

/** When the debt is paid at a pace, or by how much it grows. */
export type Outlook =
  | { kind: 'unknown' }
  | { kind: 'paid'; seconds: number }
  | { kind: 'never'; growthRowsPerDay: number };

/** What bounds a purge whatever its pace. */
export interface Bounds {
  /** Rows a UTC day, 0 for none. */
  fuse: number;
  /** Rows that this UTC day has seen deleted. */
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
/** A shorter look may have met a pause between two transactions: it says nothing of a day. */
const tellingSeconds = 60;
/** Openings and midnights that are walked through one by one; beyond a month or so an average is as true. */
const stepsWalked = 100;

/**
 * At a pace, within the window and under the fuse, while at each midnight as many rows as came in a day pass the
 * retention. `now` is ISO 8601.
 */
export function outlookOf(report: TableReport, pace: Pace | null, bounds: Bounds, now: string): Outlook {
  if (pace === null || report.purge === 'disabled') return { kind: 'unknown' };
  if (report.rowsDue === 0) return { kind: 'paid', seconds: 0 };
  const start = Date.parse(now);
  const openSeconds = pace.seconds - (pace.closedSeconds ?? 0);
  // All of it was seen outside the window, or under the fuse: that tells of no pace.
  if (openSeconds < 1) return { kind: 'unknown' };
  const perMilli = (pace.rowsPerSecond * pace.seconds) / openSeconds / 1000;
  const inflow = report.inflowRowsPerDay ?? 0;
  const possible = perMilli * dayMillis * openShare(bounds.window, start);
  const net = (bounds.fuse > 0 ? Math.min(possible, bounds.fuse) : possible) - inflow;
  if (net <= 0) return openSeconds < tellingSeconds ? { kind: 'unknown' } : { kind: 'never', growthRowsPerDay: -net };
  let left = report.rowsDue;
  let budget = bounds.fuse > 0 ? Math.max(0, bounds.fuse - bounds.deletedToday) : Number.POSITIVE_INFINITY;
  let at = start;
  for (let step = 0; step < stepsWalked; step++) {
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

/** How much of the coming week the window is open. */
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
