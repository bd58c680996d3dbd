import { describe, expect, test } from 'vitest';
import { defaultThrottle } from '../../../src/config/throttle.ts';
import { Pacer, type PacerOptions } from '../../../src/pacing/pacer.ts';
import { emptyPacerState, formatPacerState, parsePacerState } from '../../../src/pacing/pacerState.ts';
import type { Health } from '../../../src/pacing/throttle.ts';
import type { Shares } from '../../../src/pacing/timeAccount.ts';

const policy = { throttle: defaultThrottle, maxRowsPerSecond: 0 };
const idle = new AbortController().signal;
/** A server that is healthy now, and whose clock says what is given, far from the worker's. */
const healthyAt = (instant: string): (() => Health) => {
  const clock = { epochMillis: Date.parse(instant), goodAt: performance.now() };
  return () => ({ readings: [{ signal: 'threadsRunning', value: 1, goodAt: performance.now() }], clock });
};
const pacer = (health: () => Health, more: Partial<PacerOptions> = {}) =>
  new Pacer({ policy, health: { read: async () => health() }, patienceMillis: 0, ...more });
const night = { ...policy, window: '22:00-06:00 Europe/Berlin' };

describe('a pacer', () => {
  test('lets a transaction begin on a healthy server', async () => {
    expect(await pacer(healthyAt('2020-01-15T12:00:00Z')).ready(idle)).toBeUndefined();
  });

  test('opens and closes the window by MySQL’s clock, not by the worker’s (P37)', async () => {
    expect(await pacer(healthyAt('2020-01-15T22:00:00Z'), { policy: night }).ready(idle)).toBeUndefined();
    expect(await pacer(healthyAt('2020-01-15T12:00:00Z'), { policy: night }).ready(idle)).toEqual({
      reason: 'outside the purge window 22:00-06:00 Europe/Berlin, which opens 2020-01-15 22:00',
      since: expect.stringMatching(/^2020-01-15T12:00:00/),
      until: '2020-01-15T21:00:00.000Z',
    });
  });

  test('holds where MySQL’s clock isn’t known, or is frozen (P45)', async () => {
    const unknown = () => ({ readings: [] });
    expect((await pacer(unknown, { policy: night }).ready(idle))?.reason).toContain("MySQL's clock can't be read");
    const frozen = () => ({
      readings: [],
      clock: { epochMillis: Date.parse('2020-01-15T22:00:00Z'), goodAt: performance.now() - 16_000 },
    });
    expect((await pacer(frozen, { policy: night }).ready(idle))?.reason).toContain("MySQL's clock can't be read");
    expect(await pacer(frozen).ready(idle)).toBeUndefined();
  });

  test('keeps the rows a second of the policy and the operator, and says what it waits for', async () => {
    const slow = pacer(healthyAt('2020-01-15T12:00:00Z'), { pace: { rowsPerSecond: 10 } });
    slow.record(6_000, 100);
    const hold = await slow.ready(idle);
    expect(hold?.reason).toBe('at its pace of 10 rows/s');
    expect(Date.parse(hold?.until ?? '') - Date.parse(hold?.since ?? '')).toBeGreaterThan(590_000);
  });

  test('a rest that is short is waited for, and counted', async () => {
    const resting = pacer(healthyAt('2020-01-15T12:00:00Z'), { pace: { restRatio: 1 }, patienceMillis: 30_000 });
    resting.record(100, 40);
    const told: string[] = [];
    expect(await resting.ready(idle, ({ reason }) => told.push(reason))).toBeUndefined();
    expect(told[0]).toBe('at its pace of resting 1 × as long as it works');
    expect(resting.heldMillis.pace).toBeGreaterThan(0);
  });

  test('after a lock wait it rests and takes a tenth of the rows; a transaction that goes through ends the row of them', async () => {
    const met = pacer(healthyAt('2020-01-15T12:00:00Z'));
    met.record(1_000, 10);
    const before = met.rows;
    met.recordContention('lock wait');
    expect(met.rows).toBe(Math.max(100, Math.floor(before / 10)));
    expect((await met.ready(idle))?.reason).toBe('after a lock wait');
    met.recordContention('deadlock');
    expect((await met.ready(idle))?.reason).toBe('after a deadlock, 2 in a row now');
    met.record(100, 1);
    expect(await met.ready(idle)).toBeUndefined();
  });

  test('hears a pause or a cancel while it rests, and doesn’t begin another transaction (P46)', async () => {
    const resting = pacer(healthyAt('2020-01-15T12:00:00Z'), { pace: { rowsPerSecond: 10 }, patienceMillis: 30_000 });
    resting.record(200, 1);
    const controller = new AbortController();
    const cancelled = new Error('cancelled');
    const waits = resting.ready(controller.signal, () => controller.abort(cancelled));
    await expect(waits).rejects.toBe(cancelled);
  });

  test('an export isn’t held by replicas, the window or the pace, but by the server’s load', async () => {
    const health = { ...healthyAt('2020-01-15T12:00:00Z')(), readings: [{ signal: 'replicaLagSeconds' as const }] };
    const hurried = { ...night, maxRowsPerSecond: 1, throttle: { ...defaultThrottle, restRatio: 9 } };
    const read = async () => health;
    const exporting = Pacer.forExport({ policy: hurried, health: { read }, patienceMillis: 0 });
    exporting.record(100_000, 100);
    expect(await exporting.ready(idle)).toBeUndefined();
    const busy = { ...health, readings: [{ signal: 'threadsRunning' as const, value: 99, goodAt: performance.now() }] };
    const held = Pacer.forExport({ policy: hurried, health: { read: async () => busy }, patienceMillis: 0 });
    expect((await held.ready(idle))?.reason).toBe('99 threads are running, limit 25');
  });

  test('a single chunk that is larger than the servo allows is told of, until one that fits', () => {
    const paced = pacer(healthyAt('2020-01-15T12:00:00Z'));
    paced.record(4_000, 200);
    expect(paced.oversized).toBe("a chunk of 4000 rows isn't split, though the target allows 1000");
    paced.record(paced.rows, 50);
    expect(paced.oversized).toBeUndefined();
  });

  test('the operator’s target time is the servo’s', () => {
    const rowsAt = (targetMillis: number) => {
      const paced = pacer(healthyAt('2020-01-15T12:00:00Z'), { pace: { targetMillis } });
      for (let time = 0; time < 30; time++) paced.record(paced.rows, paced.rows * 0.1);
      return paced.rows;
    };
    expect(rowsAt(100)).toBe(1_000);
    expect(rowsAt(500)).toBe(5_000);
  });

  test('goes on in the next slice where it was: rows, rest, and since when it is held', async () => {
    const first = pacer(healthyAt('2020-01-15T12:00:00Z'), { policy: night, pace: { rowsPerSecond: 10 } });
    first.record(6_000, 100);
    const hold = await first.ready(idle);
    const kept = parsePacerState(formatPacerState(first.state()));
    const next = pacer(healthyAt('2020-01-15T12:00:20Z'), { policy: night, state: kept, pace: { rowsPerSecond: 10 } });
    expect(next.rows).toBe(first.rows);
    const held = await next.ready(idle);
    expect(held?.reason).toBe(hold?.reason);
    expect(held?.since).toBe(hold?.since);
  });

  test('tells how its time was spent, over slices: what the last one was left waiting for has gone on until the next', async () => {
    const first = pacer(healthyAt('2020-01-15T12:00:00Z'), { policy: night });
    await first.ready(idle);
    const kept = parsePacerState(formatPacerState(first.state()));
    expect(kept.spent?.wait).toMatchObject({
      by: 'window',
      since: expect.closeTo(Date.parse('2020-01-15T12:00:00Z'), -4),
    });
    const next = pacer(healthyAt('2020-01-15T12:04:00Z'), { state: kept });
    expect(await next.ready(idle)).toBeUndefined();
    next.record(700, 1);
    const { heldBy, rows, closedSeconds, seconds } = next.shares as Shares;
    expect(heldBy).toEqual([{ by: 'window', share: expect.closeTo(1, 2) }]);
    expect([rows, closedSeconds, seconds]).toEqual([700, expect.closeTo(240, -1), expect.closeTo(240, -1)]);
    // What is over is no wait any more.
    expect(next.state().spent).not.toHaveProperty('wait');
  });

  test('a person’s hold and the fuse are waits like any other, since the first slice that met them', () => {
    const first = pacer(healthyAt('2020-01-15T12:00:00Z'));
    first.heldFor('fuse', 'fuse: 100 rows deleted today');
    const state = parsePacerState(formatPacerState(first.state()));
    const next = pacer(healthyAt('2020-01-15T12:00:30Z'), { state });
    next.heldFor('fuse', 'fuse: 100 rows deleted today');
    expect(next.state().spent?.wait).toEqual(state.spent?.wait);
    next.heldFor('hold', 'oncall: lunch');
    expect(next.state().spent?.wait?.by).toBe('hold');
  });

  test('a kept state that is missing, malformed or of another version is a fresh start', () => {
    for (const text of [null, undefined, '', '{', 'null', '7', '[]', '{"version":9,"restUntil":5}'])
      expect(parsePacerState(text)).toEqual(emptyPacerState);
    expect(parsePacerState('{"version":1,"restUntil":"x","heldBy":7,"servo":{"rows":"many"}}')).toMatchObject({
      ...{ restUntil: 0, heldBy: [] },
    });
  });
});
