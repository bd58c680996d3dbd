/** How many rows the next transaction may take, so that it holds its locks for about `targetMillis`. Pure: state in, state out. */
export interface ServoState {
  rows: number;
  /** Milliseconds per row of the last ten transactions. */
  recent: readonly number[];
}

export interface ServoBounds {
  targetMillis: number;
  minRows: number;
  maxRows: number;
}

/**
 * 250 ms: long enough that a commit's own cost vanishes, short enough that a waiting writer doesn't notice. Below 100
 * rows a transaction is all commit; 100,000 rows of locks and undo are as much as one rollback should have to take back.
 */
export const defaultBounds: ServoBounds = { targetMillis: 250, minRows: 100, maxRows: 100_000 };

/** Transactions that are remembered: enough that one odd one is no p90, few enough that a new table shape shows within seconds. */
const remembered = 10;
/** The slow end and not the mean, because the target is a promise to those who wait for locks. */
const percentile = 0.9;
/** Growth per transaction: from 1,000 rows to 100,000 in twelve, and never far beyond what was tried. */
const growth = 1.5;
/** Over five targets isn't noise but a stall: a lock, a checkpoint, a cold range. */
const stallTargets = 5;
const stallCut = 10;

/** Begins low, because only the first transaction on a table shows what its rows cost. */
export function startServo(bounds: ServoBounds = defaultBounds): ServoState {
  return { rows: clamp(1_000, bounds), recent: [] };
}

/** The state after a transaction: p90 of the last ten, growth at most 1.5×, a fall to a tenth when one took over five targets. */
export function nextServo(
  state: ServoState,
  rows: number,
  millis: number,
  bounds: ServoBounds = defaultBounds,
): ServoState {
  if (millis > stallTargets * bounds.targetMillis) return stallServo(state, bounds);
  // A run without rows says nothing about the cost of a row.
  if (rows === 0) return state;
  const recent = [...state.recent, millis / rows].slice(-remembered);
  const slow = [...recent].sort((one, other) => one - other)[Math.ceil(recent.length * percentile) - 1] ?? 1;
  const wanted = bounds.targetMillis / Math.max(slow, 1e-6);
  return { rows: clamp(Math.min(wanted, state.rows * growth), bounds), recent };
}

/** The state after a stall: a tenth of the rows, and what was learned before is forgotten. */
export function stallServo(state: ServoState, bounds: ServoBounds = defaultBounds): ServoState {
  return { rows: clamp(state.rows / stallCut, bounds), recent: [] };
}

/** A state that was read from JSON, clamped to today's bounds; a fresh one if it isn't a servo's state. */
export function reviveServo(value: unknown, bounds: ServoBounds = defaultBounds): ServoState {
  const { rows, recent } = (value ?? {}) as { rows?: unknown; recent?: unknown };
  if (!isMeasure(rows) || !Array.isArray(recent) || !recent.every(isMeasure)) return startServo(bounds);
  return { rows: clamp(rows, bounds), recent: recent.slice(-remembered) };
}

function isMeasure(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Rounded down, so that growth never passes its bound. */
function clamp(rows: number, bounds: ServoBounds): number {
  return Math.floor(Math.min(bounds.maxRows, Math.max(bounds.minRows, rows)));
}
