import { type KeptImpact, parseKeptImpact } from './governed.ts';
import type { ServoState } from './servo.ts';
import { parseTimeAccount, type TimeAccount } from './timeAccount.ts';

/** What a pacer hands on from slice to slice and day to day: plain JSON, kept in the ledger per table. */
export interface PacerState {
  servo: ServoState | undefined;
  /** When the rest after the last transaction ends: milliseconds since 1970 UTC, by MySQL's clock; 0 for no rest. */
  restUntil: number;
  /** Since when it has waited without a break: milliseconds since 1970 UTC, by MySQL's clock. */
  heldSince?: number;
  /** The keys of the reasons to wait at the last look. */
  heldBy: readonly string[];
  /** The latest minutes; absent before the first transaction. */
  spent?: TimeAccount;
  /** What others feel of it; absent at full pace. */
  impact?: KeptImpact;
}

export const emptyPacerState: PacerState = { servo: undefined, restUntil: 0, heldBy: [] };

const version = 1;

/** The state as JSON text, with its version. */
export function formatPacerState(state: PacerState): string {
  return JSON.stringify({ version, ...state });
}

/**
 * Reads `formatPacerState`'s text. A text that is missing, malformed or of another version is replaced by a new state,
 * because no state is worth a stopped purge.
 */
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
  const spent = parseTimeAccount(value.spent);
  const heldSince = epochMillis(value.heldSince);
  return {
    // reviveServo checks it against today's bounds.
    servo: value.servo as ServoState | undefined,
    restUntil: epochMillis(value.restUntil) ?? 0,
    heldBy,
    heldSince,
    spent,
    impact: parseKeptImpact(value.impact),
  };
}

function epochMillis(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
