import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Details, NoProgress, ProgressWatch, runningAttempts } from '../../../src/activities/progress.ts';

const limits = { tellMillis: 60_000, giveUpMillis: 900_000, endMillis: 15_000 };
let beats: Details[];
let stalls: [Details, number][];
let cancel: AbortController;
let watch: ProgressWatch;
let over: unknown;

beforeEach(() => {
  vi.useFakeTimers();
  beats = [];
  stalls = [];
  over = undefined;
  cancel = new AbortController();
  const listener = {
    heartbeat: (details: Details) => beats.push(details),
    stalled: (details: Details, seconds: number) => stalls.push([details, seconds]),
  };
  watch = new ProgressWatch('exportPartition', cancel.signal, listener, limits);
  watch.over.catch((error) => {
    over = error;
  });
});
afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

test('an attempt that reports is never told of, however long it takes (P90)', async () => {
  for (let minute = 0; minute < 120; minute++) {
    await vi.advanceTimersByTimeAsync(50_000);
    watch.heartbeat({ rows: minute });
  }
  expect(stalls).toEqual([]);
  expect(over).toBe(undefined);
  expect(beats.at(-1)).toEqual({ rows: 119 });
});

test('one that makes no progress says so in its heartbeats, its log and its metric, and is given up (P90)', async () => {
  watch.heartbeat({ rows: 7 });
  await vi.advanceTimersByTimeAsync(59_000);
  expect([beats.at(-1), stalls]).toEqual([{ rows: 7 }, []]);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(beats.at(-1)).toEqual({ rows: 7, noProgressSeconds: 90 });
  expect(stalls.at(-1)).toEqual([{ rows: 7, noProgressSeconds: 90 }, 90]);
  expect(runningAttempts()).toEqual(['rows 7, noProgressSeconds 90']);
  expect(watch.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(811_000);
  expect(over).toBeInstanceOf(NoProgress);
  expect(String(over)).toContain('no progress for 900 s, given up and tried again; the last was rows 7');
  // Its sessions are cut with the signal.
  expect(watch.signal.aborted).toBe(true);
});

test('a server that says it is at the statement counts as progress, and is shown (P90)', async () => {
  for (let minute = 1; minute <= 60; minute++) {
    await vi.advanceTimersByTimeAsync(55_000);
    watch.alive(minute * 55);
  }
  expect(over).toBe(undefined);
  expect(watch.details).toEqual({ phase: 'exportPartition', statementSeconds: 3_300 });
});

test('one that doesn’t end on its cancellation is left behind some seconds later', async () => {
  cancel.abort(new Error('cancelled'));
  await vi.advanceTimersByTimeAsync(15_000);
  expect(over).toBe(undefined);
  watch.heartbeat({ rows: 1 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(String(over)).toBe('Error: cancelled');
});

test('a closed watch beats no more', async () => {
  watch.close();
  beats.length = 0;
  await vi.advanceTimersByTimeAsync(5_000);
  expect([beats, runningAttempts()]).toEqual([[], []]);
});
