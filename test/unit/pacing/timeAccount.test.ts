import { describe, expect, test } from 'vitest';
import {
  continueSpent,
  describeHeld,
  parseSpent,
  presentWait,
  type Shares,
  type SpentTime,
  sharesOf,
  spend,
  startSpent,
  type Wait,
  waitFor,
} from '../../../src/pacing/timeAccount.ts';

const start = Date.parse('2026-11-22T12:00:30Z');
const second = 1_000;
const minute = 60 * second;
const wait = (by: string, since = start): Wait => ({ by, reason: `because of ${by}`, since });
const shares = (spent: SpentTime, now: number): Shares => sharesOf(spent, now) as Shares;

describe('a purge’s time', () => {
  test('is told in shares of the last ten minutes: deleting, held by what, and the rest', () => {
    let spent = spend(startSpent(start), start, start + 3 * minute, { rows: 6_000 });
    spent = waitFor(spent, start + 3 * minute, wait('replicaLagSeconds replica db-2'));
    spent = continueSpent(spent, start + 4 * minute);
    spent = waitFor(spent, start + 4 * minute, wait('window'));
    spent = continueSpent(spent, start + 4.5 * minute);
    // Half a minute of nothing: an open, say.
    spent = spend(spent, start + 5 * minute, start + 6 * minute, { rows: 1_200 });
    const found = shares(spent, start + 6 * minute);
    expect(found).toEqual({
      seconds: 360,
      rows: 7_200,
      deleting: 4 / 6,
      held: 1.5 / 6,
      heldBy: [
        { by: 'replica db-2 lag', share: 1 / 6 },
        { by: 'window', share: 0.5 / 6 },
      ],
      closedSeconds: 30,
    });
    expect(describeHeld(found)).toBe('held 25 % of the last 6 min: replica db-2 lag 17 %, window 8 %');
  });

  test('goes back no further than ten minutes, and keeps no more', () => {
    let spent = startSpent(start);
    for (let at = 0; at < 60; at++)
      spent = spend(spent, start + at * minute, start + (at + 1) * minute, { rows: at < 30 ? 1_000_000 : 60 });
    const found = shares(spent, start + 60 * minute);
    expect(found.seconds).toBe(630);
    expect(found.rows / found.seconds).toBeCloseTo(1, 1);
    expect(found.deleting).toBe(1);
    expect(spent.minutes.length).toBeLessThanOrEqual(12);
    expect(describeHeld(found)).toBe('not held in the last 10 min');
  });

  test('a wait goes on until somebody looks again, a quarter of an hour at most; a person’s pause until it ends', () => {
    const left = waitFor(startSpent(start), start, wait('window'));
    expect(shares(left, start + 15 * minute)).toMatchObject({ held: 1, heldBy: [{ by: 'window', share: 1 }] });
    expect(presentWait(left, start + 15 * minute)).toEqual(wait('window'));
    // Of a purge that has ended since, nobody says what holds it.
    expect(presentWait(left, start + 17 * minute)).toBeUndefined();
    expect(shares(left, start + 20 * minute).held).toBeLessThan(0.8);
    expect(sharesOf(left, start + 60 * minute)).toBeNull();
    const paused = waitFor(startSpent(start), start, wait('hold'));
    expect(describeHeld(shares(paused, start + 90 * minute))).toBe('held 100 % of the last 10 min: pause 100 %');
  });

  test('a silence is no wait: it counts once it is longer than the purge ever is silent, and after ten minutes all begins anew', () => {
    const spent = spend(startSpent(start), start, start + minute, { rows: 60 });
    expect(shares(spent, start + minute + 10 * second).deleting).toBe(1);
    expect(shares(spent, start + 2 * minute)).toMatchObject({ seconds: 120, deleting: 0.5, held: 0 });
    expect(continueSpent(spent, start + 30 * minute)).toEqual(startSpent(start + 30 * minute));
    expect(sharesOf(startSpent(start), start)).toBeNull();
  });

  test('what is told twice counts once', () => {
    const once = spend(startSpent(start), start, start + minute, { rows: 1 });
    const twice = spend(once, start + minute / 2, start + minute, { rows: 0 });
    expect(shares(twice, start + minute)).toEqual(shares(once, start + minute));
  });

  test('comes back from JSON as it was; what is no such thing is nothing', () => {
    const spent = waitFor(spend(startSpent(start), start, start + minute, { rows: 7 }), start + minute, wait('fuse'));
    expect(parseSpent(JSON.parse(JSON.stringify(spent)))).toEqual(spent);
    for (const value of [null, 7, [], {}, { ...spent, minutes: [{ at: 'x' }] }, { ...spent, since: -1 }])
      expect(parseSpent(value)).toBeUndefined();
    expect(parseSpent({ ...spent, wait: 'x' })).not.toHaveProperty('wait');
  });
});
