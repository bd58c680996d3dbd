import { describe, expect, test } from 'vitest';
import { type Backlog, boundsOf, etaOf, type Rate } from '../../../src/pacing/eta.ts';

const noon = '2026-11-22T12:00:00.000000Z';
const rate = (rowsPerSecond: number, closedSeconds = 0): Rate => ({ rowsPerSecond, seconds: 600, closedSeconds });
const due = (rowsDue: number, inflowRowsPerDay = 0): Backlog => ({ purge: 'enabled', rowsDue, inflowRowsPerDay });
const unbounded = boundsOf({ maxRowsPerDay: 0 });
const night = boundsOf({ maxRowsPerDay: 0, window: '22:00-06:00 UTC' });

describe('the end in sight', () => {
  test('is what is due at the pace that is seen: what comes in counts from midnight on', () => {
    expect(etaOf(due(60_000, 1_000_000), rate(100), unbounded, noon)).toEqual({ kind: 'paid', seconds: 600 });
    const overMidnight = etaOf(due(12 * 3600 * 100 + 10_000, 20_000), rate(100), unbounded, noon);
    expect(overMidnight).toEqual({ kind: 'paid', seconds: 12 * 3600 + 300 });
  });

  test('waits for the window: an hour’s work at noon ends an hour after it opens, nine hours’ work in the second night', () => {
    expect(etaOf(due(360_000), rate(100), night, noon)).toEqual({ kind: 'paid', seconds: 11 * 3600 });
    expect(etaOf(due(9 * 360_000), rate(100), night, noon)).toEqual({ kind: 'paid', seconds: 35 * 3600 });
  });

  test('outside the window no pace is seen, so nothing is said: not that it never ends', () => {
    expect(etaOf(due(1_000, 1_000), rate(0, 600), night, noon)).toEqual({ kind: 'unknown' });
    // Of ten minutes five were open: 100 rows a second.
    expect(etaOf(due(360_000), rate(50, 300), night, noon)).toEqual({ kind: 'paid', seconds: 11 * 3600 });
  });

  test('waits for the fuse’s next day', () => {
    const fused = boundsOf({ maxRowsPerDay: 100_000 }, 90_000);
    expect(etaOf(due(10_000), rate(100), fused, noon)).toEqual({ kind: 'paid', seconds: 100 });
    expect(etaOf(due(30_000), rate(100), fused, noon)).toEqual({ kind: 'paid', seconds: 12 * 3600 + 200 });
  });

  test('is never where more comes in than the window, the fuse or the pace let out', () => {
    expect(etaOf(due(1), rate(100), night, noon)).toMatchObject({ kind: 'paid' });
    expect(etaOf(due(1, 2_881_000), rate(100), night, noon)).toEqual({ kind: 'never', growthRowsPerDay: 1_000 });
    const fused = boundsOf({ maxRowsPerDay: 100_000 });
    expect(etaOf(due(1, 101_000), rate(100), fused, noon)).toEqual({ kind: 'never', growthRowsPerDay: 1_000 });
    expect(etaOf(due(1, 9_000_000), rate(100), unbounded, noon)).toMatchObject({ kind: 'never' });
  });

  test('far off is told by the average', () => {
    const { seconds } = etaOf(due(1_000 * 8 * 360_000), rate(100), night, noon) as { seconds: number };
    expect(seconds / 86_400).toBeGreaterThan(995);
    expect(seconds / 86_400).toBeLessThan(1_005);
  });
});
