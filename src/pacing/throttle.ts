import type { ThrottleLimits } from '../config/throttle.ts';

/** What is measured on a server, in the unit of its limit in the config. */
export type Signal = 'threadsRunning' | 'historyLength' | 'replicaLagSeconds' | 'commitMillis';

/** The latest measurement of one signal. */
export interface Reading {
  signal: Signal;
  /** The server, as `replica db-2`; absent for the source itself. */
  of?: string;
  /** From the last good measurement. */
  value?: number;
  /** What makes the server unfit whatever the value, as `its SQL thread is stopped`; from the last good measurement. */
  unfit?: string;
  /** When the last good measurement began, by the worker's monotonic clock in milliseconds. */
  goodAt?: number;
  /** Why the latest measurement failed, if it did. */
  failure?: string;
}

/** Everything measured of a source, its replicas and its clock. */
export interface Health {
  readings: readonly Reading[];
  /** MySQL's clock, in milliseconds since 1970 UTC, read at `goodAt` of the worker's monotonic clock. */
  clock?: { epochMillis: number; goodAt: number };
  /** An Aurora instance's; other servers don't report it. */
  vcpus?: number;
}

/** One reason to wait. `key` identifies it and stays the same while its numbers change. */
export interface WaitReason {
  key: string;
  reason: string;
}

/** How long the last good value counts: a frozen one would look healthy for ever (pitfall P45). */
export const staleAfterMillis = 15_000;

/** A signal that exceeded its limit counts as too high down to this share of it, so that a value near the limit doesn't flap. */
const releaseShare = 0.8;

/** Where the number of vCPUs isn't known: where pt-online-schema-change pauses by default (--max-load). */
const defaultThreads = 25;

/**
 * Why the next transaction must wait; empty where it needn't. A signal that was never read, or not for 15 s, is a
 * reason too: the throttle fails closed (pitfall P43).
 *
 * @param now the worker's monotonic clock, in milliseconds
 * @param heldBefore the keys of the reasons at the last look
 */
export function waitReasons(
  health: Health,
  limits: ThrottleLimits,
  now: number,
  heldBefore: ReadonlySet<string> = new Set(),
): WaitReason[] {
  const reasons: WaitReason[] = [];
  for (const reading of health.readings) {
    const limit = limitOf(limits, reading.signal, health.vcpus);
    if (limit === undefined) continue;
    const key = reading.of === undefined ? reading.signal : `${reading.signal} ${reading.of}`;
    const reason = unreadable(reading, now) ?? unfit(reading) ?? over(reading, limit, heldBefore.has(key));
    if (reason !== undefined) reasons.push({ key, reason });
  }
  return reasons;
}

/** The limit in force; undefined where the signal isn't looked at. */
export function limitOf(limits: ThrottleLimits, signal: Signal, vcpus: number | undefined): number | undefined {
  const limit = limits[signal];
  if (limit === 'off') return undefined;
  if (limit !== 'auto') return limit;
  // With less than 8, a few statements of the application would stop the purge on a small instance.
  return vcpus === undefined ? defaultThreads : Math.max(8, 2 * vcpus);
}

function unreadable(reading: Reading, now: number): string | undefined {
  const why = reading.failure === undefined ? '' : `: ${reading.failure}`;
  if (reading.goodAt === undefined)
    return reading.failure === undefined
      ? `${nouns[reading.signal](reading)} has not been measured yet`
      : `${nouns[reading.signal](reading)} can't be read${why}`;
  const age = now - reading.goodAt;
  if (age <= staleAfterMillis) return undefined;
  return `${nouns[reading.signal](reading)} can't be read, for ${Math.round(age / 1000)} s now${why}`;
}

function unfit(reading: Reading): string | undefined {
  return reading.unfit === undefined ? undefined : `${reading.of ?? 'the source'}: ${reading.unfit}`;
}

function over(reading: Reading, limit: number, heldBefore: boolean): string | undefined {
  const value = reading.value ?? Number.NaN;
  const bound = heldBefore ? limit * releaseShare : limit;
  // Not `value > bound`, because NaN must count as too high.
  if (value <= bound) return undefined;
  const goesOn = value <= limit ? `; it goes on at ${format(bound)}` : '';
  return `${excess[reading.signal](reading, format(value), limit)}${goesOn}`;
}

const nouns: Record<Signal, (reading: Reading) => string> = {
  threadsRunning: () => 'the number of running threads',
  historyLength: () => 'the history list length',
  replicaLagSeconds: ({ of }) => `the lag of ${of ?? 'a replica'}`,
  commitMillis: () => 'the commit latency',
};

const excess: Record<Signal, (reading: Reading, value: string, limit: number) => string> = {
  threadsRunning: (_, value, limit) => `${value} threads are running, limit ${format(limit)}`,
  historyLength: (_, value, limit) => `the history list holds ${value} transactions, limit ${format(limit)}`,
  replicaLagSeconds: ({ of }, value, limit) => `${of ?? 'a replica'} is ${value} s behind, limit ${format(limit)} s`,
  commitMillis: (_, value, limit) => `a commit takes ${value} ms, limit ${format(limit)} ms`,
};

/** Rounded to one digit after the point. */
function format(value: number): string {
  return (Math.round(value * 10) / 10).toLocaleString('en-US');
}

/** Lock wait timeouts and deadlocks of the purge's own transactions, one after the other. */
export interface Contention {
  kind: 'lock wait' | 'deadlock';
  /** How many in a row, with no committed transaction between them. */
  times: number;
  /** By the worker's monotonic clock, in milliseconds. */
  at: number;
}

/** The longest rest: a table that is always locked is tried once a minute. */
const longestRestSeconds = 60;

/** What is left of the rest after a lock wait or a deadlock, in milliseconds; 0 once it is over. */
export function contentionRest(contention: Contention | undefined, limits: ThrottleLimits, now: number): number {
  if (!contention || limits.lockWaitSeconds === 'off') return 0;
  const seconds = Math.min(longestRestSeconds, limits.lockWaitSeconds * 2 ** (contention.times - 1));
  return Math.max(0, contention.at + seconds * 1000 - now);
}
