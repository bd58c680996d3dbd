import { addSample, type Felt, feltBy, type Sample } from '../../../src/pacing/felt.ts';
import {
  type GovernorState,
  type Impact,
  nextDuty,
  restFor,
  startGovernor,
  transactionMillis,
} from '../../../src/pacing/governor.ts';
import { hasSettled, isQuiet, quietUntil, settleMillis } from '../../../src/pacing/quiet.ts';

/** A server as others feel it. */
export interface SimulatedServer {
  /** What a statement takes at a moment (seconds since the beginning) while nobody purges, in milliseconds. */
  base(second: number): number;
  /** How many times as long while so many purges work. */
  factor(working: number, second: number): number;
  /** Why nothing can be measured at a moment, if so. */
  refuses?(second: number): string | undefined;
  /** For how long others stay as slow after a transaction, as a share of what it took. */
  aftermath?: number;
  /** What one chunk takes at least, because it is never split, in milliseconds. */
  chunkMillis?: number;
}

/** The duties of each purge, and how often anybody worked, in each second. */
export interface Course {
  second: number;
  duties: number[];
  /** Others' mean latency by what it is with nobody at work. */
  feltRatio: number;
}

/** A linear congruential generator: the same course for the same seed. */
function noiseOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  // About 0.4 of a mean of 1, with a tail to the right, as latencies have.
  return () => Math.exp(0.4 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())) / 1.083;
}

const stepMillis = 10;
/** Between two measurements at rest. */
const cadenceMillis = 200;
/** Of work that never ends, so much is one measurement. */
const longestMillis = 1_000;
/** So much of a measurement is as noisy as one statement is. */
const noisyMillis = 100;

/** Purges one server by several governors for some seconds, in steps of 10 ms. */
export function purgeBy(
  server: SimulatedServer,
  options: { limit: number; seconds: number; works?: number; seed?: number },
): Course[] {
  const { limit, seconds, works = 1, seed = 1 } = options;
  const noise = noiseOf(seed);
  const chanceOf = (spanMillis: number) => {
    const draws = Math.max(1, Math.round(spanMillis / noisyMillis));
    return Array.from({ length: draws }, noise).reduce((sum, each) => sum + each, 0) / draws;
  };
  let samples: Sample[] = [];
  let restedAt = Number.NEGATIVE_INFINITY;
  /** The measurement of work that is under way. */
  let turn: { from: number; busy: number; sum: number; endedAt?: number } | undefined;
  let slowUntil = 0;
  const purges = Array.from({ length: works }, (_, index) => ({
    governor: startGovernor(0, undefined) as GovernorState,
    worksUntil: 0,
    restsUntil: index * 100,
    began: 0,
    working: false,
  }));
  const course: Course[] = [];
  let felt = 0;
  let workedAt = Number.NEGATIVE_INFINITY;
  let found: Felt | undefined;
  for (let at = 0; at < seconds * 1000; at += stepMillis) {
    const second = at / 1000;
    const refused = server.refuses?.(second);
    if (at % 100 === 0) found = feltBy(samples, at);
    for (const purge of purges) {
      if (purge.working && at >= purge.worksUntil) {
        purge.working = false;
        purge.restsUntil = at + restFor(purge.governor.duty, at - purge.began);
      }
      const impact: Impact = { felt: found, held: refused, works };
      if (!purge.working) purge.governor = nextDuty(purge.governor, impact, limit, at);
      if (!purge.working && at >= purge.restsUntil && refused === undefined && quietUntil(at) === undefined) {
        purge.working = true;
        purge.began = at;
        purge.worksUntil = at + Math.max(server.chunkMillis ?? stepMillis, transactionMillis(purge.governor.duty, 250));
      }
    }
    const working = purges.filter((purge) => purge.working).length;
    const slow = working > 0 || at < slowUntil;
    const millis = server.base(second) * (slow ? server.factor(Math.max(1, working), second) : 1);
    felt += millis / server.base(second) / (1000 / stepMillis);
    if (working > 0) {
      workedAt = at;
      slowUntil = Math.max(slowUntil, at) + stepMillis * (server.aftermath ?? 0);
    }
    if (turn) {
      if (working === 0) turn.endedAt ??= at;
      const { from, endedAt = at, busy: busyMillis } = turn;
      const spanMillis = at - from;
      const over = turn.endedAt !== undefined && (working > 0 || at - endedAt >= settleMillis);
      if (over || spanMillis >= longestMillis) {
        const measured = (turn.sum / spanMillis) * chanceOf(spanMillis);
        const sample = { at, millis: measured, statements: 1, spanMillis, busyMillis };
        if (refused === undefined) samples = addSample(samples, { while: 'work', ...sample });
        turn = undefined;
      }
    }
    if (working > 0) turn ??= { from: at, busy: 0, sum: 0 };
    if (turn) {
      turn.sum += millis * stepMillis;
      turn.busy += working > 0 ? stepMillis : 0;
    }
    const resting = working === 0 && (isQuiet(at) || (works === 1 && hasSettled(at - workedAt)));
    if (resting && refused === undefined && at - restedAt >= cadenceMillis) {
      restedAt = at;
      samples = addSample(samples, { while: 'rest', at, millis: millis * chanceOf(cadenceMillis), statements: 1 });
    }
    if ((at + stepMillis) % 1000 === 0) {
      course.push({ second: Math.floor(second), duties: purges.map(({ governor }) => governor.duty), feltRatio: felt });
      felt = 0;
    }
  }
  return course;
}
