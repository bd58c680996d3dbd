import { describe, expect, test } from 'vitest';
import {
  InvalidPace,
  paceForAll,
  parsePace,
  requestedPace,
  resolvePace,
  restAfter,
} from '../../../src/pacing/operatorPace.ts';

const policy = { rowsPerSecond: 0, targetMillis: 250, restRatio: 0 };

describe('an operator’s pace', () => {
  test.each([
    [{ rowsPerSecond: 5000 }, { rowsPerSecond: 5000 }],
    [
      { targetMillis: 100, restRatio: 0.5 },
      { targetMillis: 100, restRatio: 0.5 },
    ],
    [{ rowsPerSecond: null }, {}],
    [null, {}],
    [{ pace: 'asap', restRatio: null }, { pace: 'asap' }],
  ])('%j is read', (given, pace) => {
    expect(parsePace(given)).toEqual(pace);
  });

  test.each([
    [7, 'no pace'],
    ['slow', 'no pace'],
    [undefined, 'no pace'],
    [[], 'no pace'],
    [{ rows: 1 }, 'rows is no part of a pace'],
    [{ pace: 'fast' }, 'pace: "fast" is none of steady, asap, full'],
    [{ rowsPerSecond: -1 }, "rowsPerSecond: -1 isn't between"],
    [{ rowsPerSecond: '5000' }, 'rowsPerSecond: "5000"'],
    [{ targetMillis: 0 }, 'targetMillis: 0'],
    [{ restRatio: Number.NaN }, 'restRatio'],
  ])('%j is refused with what to write', (given, message) => {
    expect(() => parsePace(given)).toThrow(InvalidPace);
    expect(() => parsePace(given)).toThrow(message);
    expect(() => parsePace(given)).toThrow('{"rowsPerSecond": 5000}');
  });

  test('goes before the policy’s, but never above its rows a second', () => {
    expect(resolvePace(policy, { rowsPerSecond: 100 }).rowsPerSecond).toBe(100);
    expect(resolvePace({ ...policy, rowsPerSecond: 50 }, { rowsPerSecond: 100 }).rowsPerSecond).toBe(50);
    expect(resolvePace({ ...policy, rowsPerSecond: 50 }, { rowsPerSecond: 0 }).rowsPerSecond).toBe(50);
    expect(resolvePace({ ...policy, restRatio: 2 }, { restRatio: 0, targetMillis: 50 })).toEqual({
      ...{ rowsPerSecond: 0, restRatio: 0, targetMillis: 50 },
    });
  });

  test('rests until the rows a second are kept, or as the ratio says, whichever is longer', () => {
    expect(restAfter({ ...policy, rowsPerSecond: 1000 }, 500, 100)).toBe(400);
    expect(restAfter({ ...policy, rowsPerSecond: 1000 }, 50, 100)).toBe(0);
    expect(restAfter({ ...policy, restRatio: 2 }, 500, 100)).toBe(200);
    expect(restAfter({ ...policy, rowsPerSecond: 1000, restRatio: 2 }, 500, 100)).toBe(400);
    expect(restAfter(policy, 500, 100)).toBe(0);
  });
});

describe('a pace beside workers of an earlier release', () => {
  /** All that the release before `steady` and `asap` takes. */
  const known = ['rowsPerSecond', 'targetMillis', 'restRatio'];

  test.each([{ pace: 'asap' }, { pace: 'steady', rowsPerSecond: 500 }, { pace: 'full', restRatio: 2 }] as const)(
    '%j has a form that none of them fails on, and comes back whole',
    (asked) => {
      const forAll = paceForAll(asked);
      expect(Object.keys(forAll).filter((key) => !known.includes(key))).toEqual([]);
      expect(requestedPace(JSON.parse(JSON.stringify(forAll)), asked)).toEqual(asked);
    },
  );

  test('is gentle where they can’t measure: they work a twentieth of the time', () => {
    expect(paceForAll({ pace: 'asap' })).toEqual({ restRatio: 19 });
    expect(paceForAll({ pace: 'steady', restRatio: 40 })).toEqual({ restRatio: 40 });
    expect(paceForAll({ pace: 'full' })).toEqual({});
  });

  test('what one of them was asked later goes before what a later release was asked earlier', () => {
    expect(requestedPace({ rowsPerSecond: 5 }, { pace: 'asap' })).toEqual({ rowsPerSecond: 5 });
    expect(requestedPace(undefined, { pace: 'asap' })).toBeUndefined();
    expect(requestedPace({ pace: 'asap' }, undefined)).toEqual({ pace: 'asap' });
  });
});
