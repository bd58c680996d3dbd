import type { Felt } from './felt.ts';

/** The share of the time that one purge or export works, 0 to 1. Pure: state in, state out. */
export interface GovernorState {
  duty: number;
  /** When it was last decided, by the worker's monotonic clock, in milliseconds. */
  at: number;
}

/** All works of a source together still delete at this share: a transaction of 50 ms each 5 s is a million rows a day. */
export const floorDuty = 0.01;
/** Begins low, because only its own work shows what others feel of it. */
export const startDuty = 0.03;
/** Growth per second: from 0.03 to 1 takes twenty seconds. */
const growthPerSecond = 1.2;
/** A longer silence tells nothing about the time in between, so that it counts as this long. */
const longestStepMillis = 2_000;
/** So many standard errors are taken for chance. */
const chance = 1.5;
/**
 * Per second towards what is measured, as long as the difference may be chance. Half a minute's samples are one chance, so
 * that it must not follow it far; but what is above the limit for long has to come down even where each sample differs much.
 */
const driftPerSecond = { down: 1.03, up: 1.02 };

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

/** How many times as long others' statements take while Sediment works, its aftermath counted in. */
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
  return share / (1 + (Math.max(1, works) - 1) * (1 - share));
}

/** A governor that begins, or goes on with what the slice before it found. */
export function startGovernor(now: number, duty: unknown): GovernorState {
  const known = typeof duty === 'number' && duty > 0 && duty <= 1 ? duty : startDuty;
  return { duty: known, at: now };
}

/**
 * The next duty. It falls at once to the most that the measurement can mean, and rises by a fifth a second to the least
 * that it can mean; in between, where chance alone may have moved the measurement, it drifts to what was measured.
 */
export function nextDuty(state: GovernorState, impact: Impact, limit: number, now: number): GovernorState {
  if (impact.held !== undefined) return { duty: partOf(floorDuty, impact.works), at: now };
  const seconds = Math.min(longestStepMillis, Math.max(0, now - state.at)) / 1000;
  // At its least it may work too seldom to be measured, and would stay there for ever: so it rises to where it began.
  if (!impact.felt) {
    const duty = Math.min(state.duty * driftPerSecond.up ** seconds, partOf(startDuty, impact.works));
    return { duty, at: now };
  }
  const ratio = impactRatio(impact.felt);
  const dutyAt = (each: number) => partOf(allowedShare(each, limit), impact.works);
  const error = chance * (impact.felt.error ?? 0);
  const least = dutyAt(ratio + error);
  const measured = dutyAt(ratio);
  const most = dutyAt(ratio - error);
  if (state.duty < least) return { duty: Math.min(least, state.duty * growthPerSecond ** seconds), at: now };
  const duty = Math.min(state.duty, most);
  const lowest = duty / driftPerSecond.down ** seconds;
  const highest = duty * driftPerSecond.up ** seconds;
  return { duty: Math.min(Math.max(measured, lowest), highest), at: now };
}

/** What a transaction should take, in milliseconds, so that work and rest alternate about once a second. */
export function transactionMillis(duty: number, targetMillis: number): number {
  return Math.min(targetMillis, Math.max(10, 1_000 * duty));
}

/** So many transactions come close together before anything is known: at the first duty they would take a minute. */
export const firstTransactions = 6;
const firstRestMillis = 450;

/** How long to rest after one of the first, so that what others feel of it shows within seconds, in milliseconds. */
export function firstRest(duty: number, workedMillis: number): number {
  return Math.min(restFor(duty, workedMillis), Math.max(firstRestMillis, 4 * workedMillis));
}

/** How long to rest after so much work, in milliseconds. */
export function restFor(duty: number, workedMillis: number): number {
  return workedMillis * (1 / duty - 1);
}

/** `others at 1.24 of their latency while it works, limit 1.1: resting 6 s of 7` */
export function describeGovernor(duty: number, { felt, works }: Impact, limit: number): string {
  const ratio = felt ? impactRatio(felt) : Number.NaN;
  let others = `others at ${ratio.toFixed(2)} of their latency while it works, limit ${limit}`;
  if (ratio < 1) others = `others are no slower while it works, limit ${limit}`;
  if (!felt) others = `what others feel is being measured, limit ${limit}`;
  const shared = works > 1 ? `, shared by ${works}` : '';
  const floor = duty <= partOf(floorDuty, works) ? ', its least' : '';
  return `${others}${shared}: ${describeRest(duty)}${floor}`;
}

/** `resting 6 s of 7` */
export function describeRest(duty: number): string {
  if (duty >= 0.995) return 'working all the time';
  const period = duty > 0.15 ? (duty > 0.9 ? 100 : 10) : Math.round(1 / duty);
  const rest = Math.max(1, Math.round(period * (1 - duty)));
  return `resting ${rest} s of ${period}`;
}
