import { expect, test } from 'vitest';
import { defaultThrottle } from '../../../src/config/throttle.ts';
import { Governed, type Others } from '../../../src/pacing/governed.ts';
import type { Impact } from '../../../src/pacing/governor.ts';
import { Pacer, type PacerOptions } from '../../../src/pacing/pacer.ts';
import { formatPacerState, parsePacerState } from '../../../src/pacing/pacerState.ts';

const idle = new AbortController().signal;
/** Outside of the moments when all rest. */
const clock = { epochMillis: Date.parse('2020-01-15T12:00:05Z'), goodAt: performance.now() };
const health = {
  read: async () => ({ readings: [{ signal: 'threadsRunning' as const, value: 1, goodAt: performance.now() }], clock }),
};

/** A server whose others feel what is given, and that writes down when it is worked at. */
function othersWho(impact: Impact): Others & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    begin: () => calls.push('begin'),
    end: () => calls.push('end'),
    look: async () => impact,
  };
}

const pacer = (impact: Impact, more: Partial<PacerOptions> = {}) =>
  new Pacer({
    policy: { throttle: defaultThrottle, maxRowsPerSecond: 0, impact: { limit: 1.1 }, pace: 'asap' },
    health,
    others: othersWho(impact),
    patienceMillis: 0,
    ...more,
  });
const crowded = { felt: { work: 40, rest: 8 }, by: 'statements' as const, works: 1 };

test('a purge rests by what others feel, and says so', async () => {
  const paced = pacer(crowded);
  expect(await paced.ready(idle)).toBeUndefined();
  paced.record(4_000, 50);
  const held = await paced.ready(idle);
  expect(held?.reason).toBe('others at 5.00 of their latency while it works, limit 1.1: resting 39 s of 40');
  expect(Date.parse(held?.until ?? '') - Date.parse(held?.since ?? '')).toBeGreaterThan(1_800);
  expect(paced.impact).toEqual({
    duty: 0.025,
    limit: 1.1,
    ratio: 5,
    workMillis: 40,
    restMillis: 8,
    by: 'statements',
    reason: held?.reason,
  });
});

test('full pace asks nobody, whether the policy or an operator says so', async () => {
  const others = othersWho({ held: 'not asked', works: 1 });
  for (const more of [
    { pace: { pace: 'full' as const } },
    { policy: { throttle: defaultThrottle, maxRowsPerSecond: 0, pace: 'full' as const } },
  ]) {
    const paced = pacer(crowded, { others, ...more });
    expect(await paced.during(async () => 7)).toBe(7);
    paced.record(4_000, 50);
    expect(await paced.ready(idle)).toBeUndefined();
    expect(paced.impact).toBeUndefined();
  }
  expect(others.calls).toEqual([]);
});

test('what can’t be measured holds', async () => {
  const held = await pacer({ held: 'what others feel can’t be measured: denied', works: 1 }).ready(idle);
  expect(held?.reason).toBe('what others feel can’t be measured: denied');
});

test('all rest together every 12 s, so that it shows what others feel without them', async () => {
  const quiet = { ...clock, epochMillis: Date.parse('2020-01-15T12:00:00.100Z'), goodAt: performance.now() };
  const held = await pacer(crowded, { health: { read: async () => ({ readings: [], clock: quiet }) } }).ready(idle);
  expect(held?.until).toBe('2020-01-15T12:00:01.200Z');
});

test('steady spreads one day’s rows over the time that is left; asap doesn’t', async () => {
  const free = { felt: { work: 8, rest: 8 }, works: 1 };
  const due = { rows: 2_000_000, days: 1, secondsLeft: 4_000 };
  const policy = { throttle: defaultThrottle, maxRowsPerSecond: 0, impact: { limit: 1.1 } };
  const state = {
    ...parsePacerState(null),
    impact: { duty: 1, limit: 1.1, ratio: 1, workMillis: 8, restMillis: 8, by: 'canary', reason: '' },
  };
  const steady = pacer(free, { due, state, policy: { ...policy, pace: 'steady' } });
  steady.record(4_000, 50);
  expect((await steady.ready(idle))?.reason).toBe('spread over the day at 1000 rows/s (pace: steady)');
  const asap = pacer(free, { due, state, policy: { ...policy, pace: 'asap' } });
  asap.record(4_000, 50);
  expect(await asap.ready(idle)).toBeUndefined();
});

test('tells when it works, also where that fails', async () => {
  const others = othersWho(crowded);
  const paced = pacer(crowded, { others });
  await expect(paced.during(async () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(others.calls).toEqual(['begin', 'end']);
});

test('the next slice goes on with the duty that the last one found', async () => {
  const paced = pacer(crowded);
  await paced.ready(idle);
  const kept = parsePacerState(formatPacerState(paced.state()));
  expect(kept.impact?.duty).toBe(0.025);
  expect(pacer(crowded, { state: kept }).duty).toBe(0.025);
  expect(parsePacerState(JSON.stringify({ version: 1, impact: { duty: 'x' } })).impact).toBeUndefined();
});

test('a governed purge takes smaller transactions, so that work and rest alternate', async () => {
  const paced = pacer(crowded);
  await paced.ready(idle);
  for (let each = 0; each < 20; each++) paced.record(paced.rows, paced.rows / 100);
  expect(paced.rows).toBeLessThan(3_000);
  const full = pacer(crowded, { pace: { pace: 'full' } });
  for (let each = 0; each < 20; each++) full.record(full.rows, full.rows / 100);
  expect(full.rows).toBeGreaterThan(20_000);
});

test('before anything is known a few transactions come close together, so that it is known within seconds', async () => {
  const governed = new Governed(othersWho({ works: 1 }), { limit: 1.1, mode: 'asap' });
  const rests = Array.from({ length: 7 }, () => governed.restAfter(4_000, 50));
  expect(rests.slice(0, 6)).toEqual(Array(6).fill(450));
  expect(rests[6]).toBeCloseTo(50 * (1 / 0.03 - 1));
  const beside = new Governed(othersWho({ works: 3 }), { limit: 1.1, mode: 'asap' });
  await beside.look(idle);
  expect(beside.restAfter(4_000, 50)).toBeGreaterThan(1_600);
});
