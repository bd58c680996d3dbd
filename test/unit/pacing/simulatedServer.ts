import { addSample, type Felt, feltBy, type Sample } from '../../../src/pacing/felt.ts';
import {
  type GovernorState,
  type Impact,
  nextDuty,
  restFor,
  startGovernor,
  transactionMillis,
} from '../../../src/pacing/governor.ts';
import { hasSettled, isQuiet, quietUntil } from '../../../src/pacing/quiet.ts';

/** A server as others feel it. */
export interface SimulatedServer {
  /** What a statement takes at a moment (seconds since the beginning) while nobody purges, in milliseconds. */
  base(second: number): number;
  /** How many times as long while so many purges work. */
  factor(working: number, second: number): number;
  /** Why nothing can be measured at a moment, if so. */
  refuses?(second: number): string | undefined;
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
/** Between two measurements of one kind. */
const cadenceMillis = 200;

/** Purges one server by several governors for some seconds, in steps of 10 ms. */
export function purgeBy(
  server: SimulatedServer,
  options: { limit: number; seconds: number; works?: number; seed?: number },
): Course[] {
  const { limit, seconds, works = 1, seed = 1 } = options;
  const noise = noiseOf(seed);
  let samples: Sample[] = [];
  const lastSample = { work: Number.NEGATIVE_INFINITY, rest: Number.NEGATIVE_INFINITY };
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
    const kind = working > 0 ? 'work' : 'rest';
    const factor = working > 0 ? server.factor(working, second) : 1;
    felt += factor / (1000 / stepMillis);
    const settled = kind === 'work' || isQuiet(at) || (works === 1 && hasSettled(at - workedAt));
    if (working > 0) workedAt = at;
    if (settled && refused === undefined && at - lastSample[kind] >= cadenceMillis) {
      lastSample[kind] = at;
      const millis = server.base(second) * factor * noise();
      samples = addSample(samples, { while: kind, at, millis, statements: 1 });
    }
    if ((at + stepMillis) % 1000 === 0) {
      course.push({ second: Math.floor(second), duties: purges.map(({ governor }) => governor.duty), feltRatio: felt });
      felt = 0;
    }
  }
  return course;
}
