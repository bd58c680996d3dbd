import type { Felt } from './felt.ts';

/** The share of the time that one purge or export works, 0 to 1. Pure: state in, state out. */
export interface GovernorState {
  duty: number;
  /** When it was last decided, by the worker's monotonic clock, in milliseconds. */
  at: number;
}

/** A purge at its floor still deletes: a transaction of 50 ms each 5 s is a million rows a day. */
export const floorDuty = 0.01;
/** Begins low, because only its own work shows what others feel of it. */
export const startDuty = 0.03;
/** Growth per second: from 0.03 to 1 takes half a minute. */
const growthPerSecond = 1.13;
/** A longer silence tells nothing about the time in between, so that it counts as this long. */
const longestStepMillis = 2_000;
/** Within this share of what is allowed the duty stays: the next measurement is as likely to be above as below. */
const tolerance = 0.15;

/** What a purge or an export is told about the server before it goes on. */
export interface Impact {
  /** What others feel; undefined until enough was measured. */
  felt?: Felt | undefined;
  /** What measured it. */
  by?: 'statements' | 'canary';
  /** Why nothing may go on now, in words: it can't be measured, or the server stalls. */
  held?: string | undefined;
  /** Purges and exports of the source that are under way, over all its workers; this one counts. */
  works: number;
}

/** How many times as long others' statements take while Sediment works. */
export function impactRatio({ work, rest }: Felt): number {
  return work / rest;
}

/**
 * The share of the time in which anybody may work, so that others' statements take `limit` times as long on average:
 * 1 + share × (ratio − 1) = limit.
 */
export function allowedShare(ratio: number, limit: number): number {
  if (ratio <= limit) return 1;
  const share = (limit - 1) / (ratio - 1);
  // Not `share < floorDuty`, because NaN must count as too little.
  return share > floorDuty ? share : floorDuty;
}

/** One work's part of the share of all. With a whole share each works as it likes; of a small one each has its part. */
export function partOf(share: number, works: number): number {
  return Math.max(floorDuty, share / (1 + (Math.max(1, works) - 1) * (1 - share)));
}

/** A governor that begins, or goes on with what the slice before it found. */
export function startGovernor(now: number, duty: unknown): GovernorState {
  const known = typeof duty === 'number' && duty >= floorDuty && duty <= 1 ? duty : startDuty;
  return { duty: known, at: now };
}

/** The next duty: it falls at once to what is allowed, and rises by an eighth a second. */
export function nextDuty(state: GovernorState, impact: Impact, limit: number, now: number): GovernorState {
  if (impact.held !== undefined) return { duty: floorDuty, at: now };
  if (!impact.felt) return { duty: Math.min(state.duty, partOf(startDuty, impact.works)), at: now };
  const allowed = partOf(allowedShare(impactRatio(impact.felt), limit), impact.works);
  if (allowed < state.duty * (1 - tolerance)) return { duty: allowed, at: now };
  if (allowed <= state.duty) return { ...state, at: now };
  const seconds = Math.min(longestStepMillis, Math.max(0, now - state.at)) / 1000;
  return { duty: Math.min(allowed, state.duty * growthPerSecond ** seconds), at: now };
}

/** What a transaction should take, in milliseconds, so that work and rest alternate about once a second. */
export function transactionMillis(duty: number, targetMillis: number): number {
  return Math.min(targetMillis, Math.max(10, 1_000 * duty));
}

/** How long to rest after so much work, in milliseconds. */
export function restFor(duty: number, workedMillis: number): number {
  return workedMillis * (1 / Math.max(duty, floorDuty) - 1);
}

/** `others at 1.24 of their latency while it works, limit 1.1: resting 6 s of 7` */
export function describeGovernor(duty: number, { felt, works }: Impact, limit: number): string {
  const others = felt
    ? `others at ${impactRatio(felt).toFixed(2)} of their latency while it works, limit ${limit}`
    : `what others feel is being measured, limit ${limit}`;
  const shared = works > 1 ? `, shared by ${works}` : '';
  const floor = duty <= floorDuty ? ', its least' : '';
  return `${others}${shared}: ${describeRest(duty)}${floor}`;
}

/** `resting 6 s of 7` */
export function describeRest(duty: number): string {
  if (duty >= 0.995) return 'working all the time';
  const period = duty > 0.15 ? (duty > 0.9 ? 100 : 10) : Math.round(1 / duty);
  const rest = Math.max(1, Math.round(period * (1 - duty)));
  return `resting ${rest} s of ${period}`;
}
