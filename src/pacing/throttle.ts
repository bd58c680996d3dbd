import type { ThrottleLimits } from '../config/throttle.ts';

/** What is measured of a server, in the unit of its limit. */
export type Signal = 'threadsRunning' | 'historyLength' | 'replicaLagSeconds' | 'commitMillis';

/** The latest of one signal. */
export interface Reading {
  signal: Signal;
  /** Whom it is about, as `replica db-2`; absent for the source itself. */
  of?: string;
  /** Of the last good measurement. */
  value?: number;
  /** What makes the server unfit whatever its number, as `its SQL thread is stopped`; of the last good measurement. */
  unfit?: string;
  /** When the last good measurement began, by the worker's monotonic clock in milliseconds. */
  goodAt?: number;
  /** Why the latest measurement failed, if it did. */
  failure?: string;
}

/** Everything measured of a source, its replicas and its clock. */
export interface Health {
  readings: readonly Reading[];
  /** MySQL's clock, in milliseconds since 1970 UTC, as it was at `goodAt` of the worker's monotonic one. */
  clock?: { epochMillis: number; goodAt: number };
  /** Of an Aurora instance; other servers don't tell. */
  vcpus?: number;
}

/** One reason to wait. `key` tells it from the others and stays the same while its numbers change. */
export interface Finding {
  key: string;
  reason: string;
}

/** A last good value counts for so long: a frozen one looks healthy for ever (P45). */
export const staleAfterMillis = 15_000;

/** What held goes on holding down to this share of its limit, so that a value at the limit doesn't flap. */
const releaseShare = 0.8;

/** Where nobody says how many vCPUs there are: what the field's tools stop at by default. */
const defaultThreads = 25;

/**
 * Why the next transaction must wait; empty where it needn't. A signal that was never read, or not for 15 s, holds
 * too: the throttle fails closed (P43).
 *
 * @param now the worker's monotonic clock, in milliseconds
 * @param heldBefore the keys of what held at the last look
 */
export function findHolds(
  health: Health,
  limits: ThrottleLimits,
  now: number,
  heldBefore: ReadonlySet<string> = new Set(),
): Finding[] {
  const findings: Finding[] = [];
  for (const reading of health.readings) {
    const limit = limitOf(limits, reading.signal, health.vcpus);
    if (limit === undefined) continue;
    const key = reading.of === undefined ? reading.signal : `${reading.signal} ${reading.of}`;
    const reason = unreadable(reading, now) ?? unfit(reading) ?? over(reading, limit, heldBefore.has(key));
    if (reason !== undefined) findings.push({ key, reason });
  }
  return findings;
}

/** The limit that counts; undefined where the signal isn't looked at. */
export function limitOf(limits: ThrottleLimits, signal: Signal, vcpus: number | undefined): number | undefined {
  const said = limits[signal];
  if (said === 'off') return undefined;
  if (said !== 'auto') return said;
  // Below 8 a small instance would stand still for a handful of its application's statements.
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
  // Not `value > bound`: what is no number holds.
  if (value <= bound) return undefined;
  const goesOn = value <= limit ? `; it goes on at ${shown(bound)}` : '';
  return `${excess[reading.signal](reading, shown(value), limit)}${goesOn}`;
}

const nouns: Record<Signal, (reading: Reading) => string> = {
  threadsRunning: () => 'the number of running threads',
  historyLength: () => 'the history list length',
  replicaLagSeconds: ({ of }) => `the lag of ${of ?? 'a replica'}`,
  commitMillis: () => 'the commit latency',
};

const excess: Record<Signal, (reading: Reading, value: string, limit: number) => string> = {
  threadsRunning: (_, value, limit) => `${value} threads are running, limit ${shown(limit)}`,
  historyLength: (_, value, limit) => `the history list holds ${value} transactions, limit ${shown(limit)}`,
  replicaLagSeconds: ({ of }, value, limit) => `${of ?? 'a replica'} is ${value} s behind, limit ${shown(limit)} s`,
  commitMillis: (_, value, limit) => `a commit takes ${value} ms, limit ${shown(limit)} ms`,
};

/** One digit after the point where there is any. */
function shown(value: number): string {
  return (Math.round(value * 10) / 10).toLocaleString('en-US');
}

/** Lock waits and deadlocks that the purge itself has just met, one after the other. */
export interface Contention {
  kind: 'lock wait' | 'deadlock';
  /** How many in a row, with no transaction between them that went through. */
  times: number;
  /** By the worker's monotonic clock, in milliseconds. */
  at: number;
}

/** The rest never grows beyond it: a table that is always locked is tried once a minute. */
const longestRestSeconds = 60;

/** How long the rest after a lock wait or a deadlock goes on, in milliseconds; 0 where it is over. */
export function contentionRest(contention: Contention | undefined, limits: ThrottleLimits, now: number): number {
  if (!contention || limits.lockWaitSeconds === 'off') return 0;
  const seconds = Math.min(longestRestSeconds, limits.lockWaitSeconds * 2 ** (contention.times - 1));
  return Math.max(0, contention.at + seconds * 1000 - now);
}
