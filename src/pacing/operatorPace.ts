import { type PaceMode, paceModes } from './spread.ts';

/** How fast a purge may go: the policy's limits, or the operator's, who may leave any of them out. */
export interface Pace {
  /** Rows per second, on average; 0 for no limit. */
  rowsPerSecond?: number;
  /** What a transaction should take, in milliseconds. */
  targetMillis?: number;
  /** Rest after a transaction as a share of what it took: 1 rests as long as it worked. */
  restRatio?: number;
  /** How hard: spread over the day, all that others' latency allows, or all that it can get. */
  pace?: PaceMode;
}

/** The numbers of a pace. */
type Numbers = Omit<Pace, 'pace'>;

/** The payload isn't a pace; the message says what to write. */
export class InvalidPace extends Error {
  override readonly name = 'InvalidPace';
}

/** Bounds of a sensible pace: a shorter transaction is mostly commit, a longer one delays everyone who waits for its locks. */
export const paceBounds = {
  rowsPerSecond: { min: 0, max: 10_000_000 },
  targetMillis: { min: 10, max: 10_000 },
  restRatio: { min: 0, max: 100 },
} as const;

const keys = Object.keys(paceBounds) as (keyof typeof paceBounds)[];

/**
 * Reads an operator's payload; null returns to the policy's own pace.
 *
 * @example parsePace({ rowsPerSecond: 5000 })
 * @throws InvalidPace
 */
export function parsePace(value: unknown): Pace {
  if (value === null) return {};
  const wanted =
    'Write {"pace": "asap"}, {"rowsPerSecond": 5000}, {"targetMillis": 100} or {"restRatio": 1}, or null for the policy’s own.';
  if (typeof value !== 'object' || Array.isArray(value)) throw new InvalidPace(`no pace. ${wanted}`);
  const pace: Pace = {};
  for (const [key, number] of Object.entries(value as Record<string, unknown>)) {
    if (key === 'pace' && number !== null && number !== undefined) {
      pace.pace = modeOf(number, wanted);
      continue;
    }
    const known = keys.find((each) => each === key);
    if (!known && key !== 'pace') throw new InvalidPace(`${key} is no part of a pace. ${wanted}`);
    if (!known || number === null || number === undefined) continue;
    const { min, max } = paceBounds[known];
    if (typeof number !== 'number' || !(number >= min && number <= max))
      throw new InvalidPace(`${key}: ${JSON.stringify(number)} isn't between ${min} and ${max}. ${wanted}`);
    pace[known] = number;
  }
  return pace;
}

/** What a worker of a release that knows no modes rests in place of one that measures: it works a twentieth of the time. */
const restUnmeasured = 19;

/**
 * A pace in the words of every release. One that knows no `steady` and `asap` would fail on them; it rests instead, because
 * it can't measure what others feel.
 */
export function paceForAll(pace: Pace): Omit<Pace, 'pace'> {
  const { pace: mode, ...numbers } = pace;
  if (mode === undefined || mode === 'full') return numbers;
  return { ...numbers, restRatio: Math.max(numbers.restRatio ?? 0, restUnmeasured) };
}

/**
 * What an operator asked for, from its two forms: a worker of an earlier release writes the one for all alone, and what
 * was asked before it doesn't count any more.
 */
export function requestedPace(forAll: Pace | undefined, asked: Pace | undefined): Pace | undefined {
  return asked && JSON.stringify(paceForAll(asked)) === JSON.stringify(forAll) ? asked : forAll;
}

function modeOf(value: unknown, wanted: string): PaceMode {
  const mode = paceModes.find((each) => each === value);
  if (mode) return mode;
  throw new InvalidPace(`pace: ${JSON.stringify(value)} is none of ${paceModes.join(', ')}. ${wanted}`);
}

/** The pace in force: the operator's values go before the policy's, but never above the policy's rows per second. */
export function resolvePace(policy: Required<Numbers>, operator: Pace = {}): Required<Numbers> {
  const caps = [policy.rowsPerSecond, operator.rowsPerSecond ?? 0].filter((rows) => rows > 0);
  return {
    rowsPerSecond: caps.length > 0 ? Math.min(...caps) : 0,
    targetMillis: operator.targetMillis ?? policy.targetMillis,
    restRatio: operator.restRatio ?? policy.restRatio,
  };
}

/** How long to rest after a transaction, in milliseconds: for the rows per second or for the ratio, whichever is longer. */
export function restAfter(pace: Required<Numbers>, rows: number, millis: number): number {
  const forRows = pace.rowsPerSecond > 0 ? (rows / pace.rowsPerSecond) * 1000 - millis : 0;
  return Math.max(0, forRows, millis * pace.restRatio);
}

/** The pace in words, as `5000 rows/s, resting 1 × as long as it works`; undefined without a limit. */
export function describePace(pace: Required<Numbers>): string | undefined {
  const limits = [
    ...(pace.rowsPerSecond > 0 ? [`${pace.rowsPerSecond} rows/s`] : []),
    ...(pace.restRatio > 0 ? [`resting ${pace.restRatio} × as long as it works`] : []),
  ];
  return limits.length > 0 ? limits.join(', ') : undefined;
}
