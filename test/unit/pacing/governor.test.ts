import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allowedShare,
  describeGovernor,
  describeRest,
  floorDuty,
  nextDuty,
  partOf,
  restFor,
  startGovernor,
  transactionMillis,
} from '../../../src/pacing/governor.ts';
import { type Course, purgeBy } from './simulatedServer.ts';

const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
const between = (course: readonly Course[], from: number, to: number) =>
  course.filter(({ second }) => second >= from && second < to);
const dutiesOf = (course: readonly Course[]) => course.flatMap(({ duties }) => duties);
const feltIn = (course: readonly Course[]) => mean(course.map(({ feltRatio }) => feltRatio));
const steady = { base: () => 8 };
const seeds = fc.integer({ min: 1, max: 1_000_000 });

describe('a governor', () => {
  test('without spare cores, holds others’ mean latency near the limit and keeps working', () => {
    fc.assert(
      fc.property(fc.double({ min: 2, max: 12, noNaN: true }), seeds, (factor, seed) => {
        const course = purgeBy({ ...steady, factor: () => factor }, { limit: 1.1, seconds: 180, seed });
        const settled = between(course, 60, 180);
        expect(feltIn(settled)).toBeLessThan(1.1 + Math.max(0.06, floorDuty * factor));
        const allowed = allowedShare(factor, 1.1);
        expect(mean(dutiesOf(settled))).toBeGreaterThan(0.4 * allowed);
      }),
      { numRuns: 30 },
    );
  });

  test('holds what others feel near the limit though most of it comes after the transaction, as a replica applies it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1.5, max: 6, noNaN: true }), seeds, (factor, seed) => {
        const server = { ...steady, factor: () => factor, aftermath: 2 };
        const settled = between(purgeBy(server, { limit: 1.1, seconds: 180, seed }), 60, 180);
        expect(feltIn(settled)).toBeLessThan(1.1 + Math.max(0.06, 3 * floorDuty * factor));
        expect(mean(dutiesOf(settled))).toBeGreaterThan(
          Math.max(floorDuty, 0.25 * allowedShare(1 + 3 * (factor - 1), 1.1)),
        );
      }),
      { numRuns: 30 },
    );
  });

  test('never goes above 1 or below its floor, whatever it measures', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            work: fc.double(),
            rest: fc.double(),
            works: fc.integer(),
            wait: fc.double({ min: 0, max: 1e6 }),
          }),
          {
            maxLength: 50,
          },
        ),
        fc.double({ min: 1, max: 10, noNaN: true }),
        (measured, limit) => {
          let state = startGovernor(0, undefined);
          let least = floorDuty;
          for (const { work, rest, works, wait } of measured) {
            state = nextDuty(
              state,
              { felt: { work, rest }, works },
              limit,
              state.at + (Number.isFinite(wait) ? wait : 0),
            );
            least = Math.min(least, floorDuty / Math.max(1, works));
            expect(state.duty).toBeGreaterThanOrEqual(least);
            expect(state.duty).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  // 0.80 was the least of 300 courses, and 1 the median: by chance readings it rests now and then.
  test('with cores to spare, works most of the time within a minute', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const course = purgeBy({ ...steady, factor: () => 1.02 }, { limit: 1.2, seconds: 90, seed });
        expect(mean(dutiesOf(between(course, 60, 90)))).toBeGreaterThan(0.35);
      }),
      { numRuns: 20 },
    );
  });

  // 3.34 was the most of 600 courses, and 1.5 to 1.9 the median.
  test('swings by no more than a factor of five on a server that stays as it is', () => {
    fc.assert(
      fc.property(fc.double({ min: 2, max: 8, noNaN: true }), seeds, (factor, seed) => {
        const duties = dutiesOf(
          between(purgeBy({ ...steady, factor: () => factor }, { limit: 1.1, seconds: 180, seed }), 60, 180),
        );
        expect(Math.max(...duties) / Math.min(...duties)).toBeLessThan(5);
      }),
      { numRuns: 30 },
    );
  });

  test('begins low, and rises by no more than a fifth a second', () => {
    const duties = dutiesOf(purgeBy({ ...steady, factor: () => 1 }, { limit: 1.5, seconds: 60 }));
    expect(duties[0]).toBeLessThanOrEqual(0.03);
    for (const [second, duty] of duties.entries()) expect(duty / (duties[second - 1] ?? duty)).toBeLessThan(1.25);
  });

  test('falls within half a minute of a load that leaves no spare core, and rises within one when it ends', () => {
    const busy = (second: number) => second >= 90 && second < 180;
    const course = purgeBy(
      { ...steady, factor: (_, second) => (busy(second) ? 6 : 1) },
      { limit: 1.1, seconds: 300, seed: 7 },
    );
    expect(mean(dutiesOf(between(course, 70, 90)))).toBeGreaterThan(0.5);
    expect(Math.max(...dutiesOf(between(course, 120, 180)))).toBeLessThan(0.06);
    expect(Math.max(...dutiesOf(between(course, 225, 240)))).toBeGreaterThan(0.1);
  });

  test('an application that is twice as slow at night by itself doesn’t slow the purge down', () => {
    const night = (second: number) => (second >= 120 ? 16 : 8);
    const course = purgeBy({ base: night, factor: () => 3 }, { limit: 1.1, seconds: 240, seed: 3 });
    expect(mean(dutiesOf(between(course, 160, 240)))).toBeGreaterThan(0.6 * mean(dutiesOf(between(course, 60, 120))));
    expect(feltIn(between(course, 160, 240))).toBeLessThan(1.16);
  });

  test('waits while nothing can be measured, and begins low afterwards', () => {
    const refuses = (second: number) => (second >= 120 && second < 140 ? 'the canary is refused' : undefined);
    const course = purgeBy({ ...steady, factor: () => 1, refuses }, { limit: 1.1, seconds: 160 });
    expect(mean(dutiesOf(between(course, 110, 120)))).toBeGreaterThan(0.5);
    expect(dutiesOf(between(course, 121, 140)).every((duty) => duty === floorDuty)).toBe(true);
    expect(Math.max(...dutiesOf(between(course, 140, 144)))).toBeLessThan(0.05);
    expect(between(course, 121, 140).every(({ feltRatio }) => feltRatio < 1.01)).toBe(true);
  });

  test('a stall of 20 s that its own work meets is not what it keeps working against', () => {
    const stall = (second: number) => second >= 60 && second < 80;
    const course = purgeBy(
      { ...steady, factor: (_, second) => (stall(second) ? 200 : 2) },
      { limit: 1.1, seconds: 140 },
    );
    expect(mean(dutiesOf(between(course, 70, 80)))).toBeLessThan(0.02);
    expect(mean(dutiesOf(between(course, 125, 140)))).toBeGreaterThan(0.03);
  });

  test('rises again from its least where one chunk is so long that half a minute holds too few to measure', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 70, max: 180 }), (seed, chunkMillis) => {
        const busy = (second: number) => second >= 30 && second < 90;
        const server = { ...steady, chunkMillis, factor: (_: number, second: number) => (busy(second) ? 60 : 1) };
        const course = purgeBy(server, { limit: 1.1, seconds: 420, seed });
        expect(Math.min(...dutiesOf(between(course, 30, 90)))).toBeLessThan(0.02);
        expect(Math.max(...dutiesOf(between(course, 300, 420)))).toBeGreaterThan(0.1);
      }),
      { numRuns: 20 },
    );
  });

  test('eight purges on one server stay near the limit together', () => {
    fc.assert(
      fc.property(fc.double({ min: 2, max: 5, noNaN: true }), seeds, (factor, seed) => {
        const server = { ...steady, factor: (working: number) => 1 + (factor - 1) * working };
        const course = purgeBy(server, { limit: 1.3, seconds: 150, works: 8, seed });
        expect(feltIn(between(course, 60, 150))).toBeLessThan(1.3 + 8 * floorDuty * factor);
      }),
      { numRuns: 15 },
    );
  });
});

test('what chance alone may have moved is followed slowly, and what it can’t have at once', () => {
  const state = { duty: 0.2, at: 0 };
  const felt = { work: 20, rest: 10 };
  const next = (error: number) => nextDuty(state, { felt: { ...felt, error }, works: 1 }, 1.1, 1_000).duty;
  // Twice their latency allows 0.1.
  expect(next(0)).toBeCloseTo(0.1);
  // 1.7 times, its best by chance, allows 0.143; from there it drifts.
  expect(next(0.2)).toBeCloseTo(0.1 / 0.7 / 1.03);
  expect(next(0.6)).toBeCloseTo(0.2 / 1.03);
  expect(nextDuty({ duty: 0.05, at: 0 }, { felt: { ...felt, error: 1 }, works: 1 }, 1.1, 1_000).duty).toBeCloseTo(
    0.051,
  );
});

describe('the shares', () => {
  test('what is allowed brings others to the limit on average', () => {
    expect(allowedShare(5, 1.1)).toBeCloseTo(0.025);
    expect(allowedShare(1.05, 1.1)).toBe(1);
    expect(allowedShare(100_000, 1.1)).toBe(floorDuty);
  });

  test('a small share is divided among all works, a whole one isn’t', () => {
    expect(partOf(1, 4)).toBe(1);
    expect(partOf(0.08, 4)).toBeCloseTo(0.0213, 3);
    expect(partOf(0.08, 1)).toBeCloseTo(0.08);
    // So is the least that anybody is allowed: eight tables press on the server no more than one.
    expect(partOf(floorDuty, 8) * 8).toBeLessThan(1.1 * floorDuty);
  });

  test('work and rest alternate about once a second', () => {
    expect(transactionMillis(0.05, 250)).toBeCloseTo(50);
    expect(transactionMillis(1, 250)).toBe(250);
    expect(transactionMillis(floorDuty, 250)).toBe(10);
    expect(restFor(0.05, 50)).toBeCloseTo(950);
    expect(restFor(1, 50)).toBe(0);
  });
});

test('says what others feel, the limit, and how much it rests', () => {
  const felt = { work: 12.4, rest: 10 };
  expect(describeGovernor(1 / 7, { felt, works: 1 }, 1.1)).toBe(
    'others at 1.24 of their latency while it works, limit 1.1: resting 6 s of 7',
  );
  expect(describeGovernor(partOf(floorDuty, 3), { felt, works: 3 }, 1.1)).toBe(
    'others at 1.24 of their latency while it works, limit 1.1, shared by 3: resting 297 s of 298, its least',
  );
  expect(describeGovernor(0.03, { works: 1 }, 1.1)).toBe(
    'what others feel is being measured, limit 1.1: resting 32 s of 33',
  );
  expect(describeRest(1)).toBe('working all the time');
  expect(describeRest(0.97)).toBe('resting 3 s of 100');
  expect(describeRest(0.8)).toBe('resting 2 s of 10');
});
