/** How many rows the next transaction may take, so that it holds its locks for about `targetMillis`. Pure: state in, state out. */
export interface ServoState {
  rows: number;
  /** Milliseconds a row of the last ten transactions. */
  recent: readonly number[];
}

export interface ServoBounds {
  targetMillis: number;
  minRows: number;
  maxRows: number;
}

/** 250 ms: long enough that a commit's own cost vanishes, short enough that a waiting writer doesn't notice. */
export const defaultBounds: ServoBounds = { targetMillis: 250, minRows: 100, maxRows: 100_000 };

/** Begins low: the first transaction on an unknown table shows what rows cost there. */
export function startServo(bounds: ServoBounds = defaultBounds): ServoState {
  return { rows: Math.max(bounds.minRows, 1_000), recent: [] };
}

/** The state after a transaction: p90 of the last ten, growth at most 1.5×, a fall to a tenth when one took over five targets. */
export function nextServo(
  state: ServoState,
  rows: number,
  millis: number,
  bounds: ServoBounds = defaultBounds,
): ServoState {
  if (rows === 0) return state;
  if (millis > 5 * bounds.targetMillis) return { rows: clamp(state.rows / 10, bounds), recent: [] };
  const recent = [...state.recent, millis / rows].slice(-10);
  const slow = [...recent].sort((one, other) => one - other)[Math.ceil(recent.length * 0.9) - 1] ?? 1;
  const wanted = bounds.targetMillis / Math.max(slow, 1e-6);
  return { rows: clamp(Math.min(wanted, state.rows * 1.5), bounds), recent };
}

function clamp(rows: number, bounds: ServoBounds): number {
  return Math.round(Math.min(bounds.maxRows, Math.max(bounds.minRows, rows)));
}
