import type { ServoState } from './servo.ts';
import { parseSpent, type SpentTime } from './timeAccount.ts';

/** What a pacer hands on from slice to slice and day to day: plain JSON, to be kept a table. */
export interface PacerState {
  servo: ServoState | undefined;
  /** Milliseconds since 1970 UTC, by MySQL's clock; 0 for no rest. */
  restUntil: number;
  /** Milliseconds since 1970 UTC, by MySQL's clock: since when it has been held without a break. */
  heldSince?: number;
  /** The keys of what held at the last look. */
  heldBy: readonly string[];
  /** How the latest minutes were spent; absent before the first. */
  spent?: SpentTime;
}

export const emptyPacerState: PacerState = { servo: undefined, restUntil: 0, heldBy: [] };

const version = 1;

/** The state as text, with its version. */
export function formatPacerState(state: PacerState): string {
  return JSON.stringify({ version, ...state });
}

/** Reads it back. What is missing, malformed or of another version is a fresh start: no pace is worth a stopped purge. */
export function parsePacerState(text: string | null | undefined): PacerState {
  if (!text) return emptyPacerState;
  let value: Record<string, unknown>;
  try {
    value = (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return emptyPacerState;
  }
  if (value.version !== version) return emptyPacerState;
  const heldBy = Array.isArray(value.heldBy) ? value.heldBy.filter((key) => typeof key === 'string') : [];
  const spent = parseSpent(value.spent);
  return {
    // The servo holds its own part against its bounds when it takes it over.
    servo: value.servo as ServoState | undefined,
    restUntil: epochMillis(value.restUntil) ?? 0,
    heldBy,
    ...(epochMillis(value.heldSince) === undefined ? {} : { heldSince: epochMillis(value.heldSince) as number }),
    ...(spent ? { spent } : {}),
  };
}

function epochMillis(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
