import { expect, test } from 'vitest';
import { neededRate, spreadRest } from '../../../src/pacing/spread.ts';

test('one day that is due is spread over half of the time until the next', () => {
  expect(neededRate({ rows: 43_200_000, days: 1, secondsLeft: 86_400 })).toBe(1_000);
});

test('a backlog goes as fast as others’ latency allows', () => {
  expect(neededRate({ rows: 43_200_000, days: 2, secondsLeft: 86_400 })).toBeUndefined();
  expect(neededRate({ rows: 10, days: 1, secondsLeft: 0 })).toBeUndefined();
  expect(spreadRest(undefined, 4_000, 50)).toBe(0);
});

test('a rest for the sake of spreading brings the rows to the rate, and lasts ten seconds at most', () => {
  expect(spreadRest(1_000, 4_000, 50)).toBe(3_950);
  expect(spreadRest(1, 4_000, 50)).toBe(10_000);
  expect(spreadRest(0, 4_000, 50)).toBe(10_000);
  expect(spreadRest(1e9, 4_000, 50)).toBe(0);
});
