import { describe, expect, test } from 'vitest';
import {
  addWork,
  continueAccount,
  describeHeld,
  openWait,
  parseTimeAccount,
  presentWait,
  type Shares,
  sharesOf,
  startAccount,
  type TimeAccount,
  type Wait,
} from '../../../src/pacing/timeAccount.ts';

const start = Date.parse('2026-11-22T12:00:30Z');
const second = 1_000;
const minute = 60 * second;
const wait = (by: string, since = start): Wait => ({ by, reason: `because of ${by}`, since });
const shares = (account: TimeAccount, now: number): Shares => sharesOf(account, now) as Shares;

describe('a purge’s time', () => {
  test('shows as shares of the last ten minutes: deleting, waiting by reason, and the rest', () => {
    let account = addWork(startAccount(start), start, start + 3 * minute, 6_000);
    account = openWait(account, start + 3 * minute, wait('replicaLagSeconds replica db-2'));
    account = continueAccount(account, start + 4 * minute);
    account = openWait(account, start + 4 * minute, wait('window'));
    account = continueAccount(account, start + 4.5 * minute);
    // Half a minute with neither: a day is being opened, say.
    account = addWork(account, start + 5 * minute, start + 6 * minute, 1_200);
    const found = shares(account, start + 6 * minute);
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
    let account = startAccount(start);
    for (let at = 0; at < 60; at++)
      account = addWork(account, start + at * minute, start + (at + 1) * minute, at < 30 ? 1_000_000 : 60);
    const found = shares(account, start + 60 * minute);
    expect(found.seconds).toBe(630);
    expect(found.rows / found.seconds).toBeCloseTo(1, 1);
    expect(found.deleting).toBe(1);
    expect(account.minutes.length).toBeLessThanOrEqual(12);
    expect(describeHeld(found)).toBe('not held in the last 10 min');
  });

  test('counts an open wait up to now, a quarter of an hour at most, and a person’s pause without end', () => {
    const left = openWait(startAccount(start), start, wait('window'));
    expect(shares(left, start + 15 * minute)).toMatchObject({ held: 1, heldBy: [{ by: 'window', share: 1 }] });
    expect(presentWait(left, start + 15 * minute)).toEqual(wait('window'));
    // No report for longer than that: the purge has ended.
    expect(presentWait(left, start + 17 * minute)).toBeUndefined();
    expect(shares(left, start + 20 * minute).held).toBeLessThan(0.8);
    expect(sharesOf(left, start + 60 * minute)).toBeNull();
    const paused = openWait(startAccount(start), start, wait('hold'));
    expect(describeHeld(shares(paused, start + 90 * minute))).toBe('held 100 % of the last 10 min: pause 100 %');
  });

  test('counts a gap between reports only once it is longer than a running purge leaves; after ten minutes it starts again', () => {
    const account = addWork(startAccount(start), start, start + minute, 60);
    expect(shares(account, start + minute + 10 * second).deleting).toBe(1);
    expect(shares(account, start + 2 * minute)).toMatchObject({ seconds: 120, deleting: 0.5, held: 0 });
    expect(continueAccount(account, start + 30 * minute)).toEqual(startAccount(start + 30 * minute));
    expect(sharesOf(startAccount(start), start)).toBeNull();
  });

  test('counts a span once that is reported twice', () => {
    const once = addWork(startAccount(start), start, start + minute, 1);
    const twice = addWork(once, start + minute / 2, start + minute, 0);
    expect(shares(twice, start + minute)).toEqual(shares(once, start + minute));
  });

  test('comes back from JSON as it was, and anything else is refused', () => {
    const account = openWait(addWork(startAccount(start), start, start + minute, 7), start + minute, wait('fuse'));
    expect(parseTimeAccount(JSON.parse(JSON.stringify(account)))).toEqual(account);
    for (const value of [null, 7, [], {}, { ...account, minutes: [{ at: 'x' }] }, { ...account, since: -1 }])
      expect(parseTimeAccount(value)).toBeUndefined();
    expect(parseTimeAccount({ ...account, wait: 'x' })).not.toHaveProperty('wait');
  });
});
