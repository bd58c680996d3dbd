import { expect, test } from 'vitest';
import { addSample, feltBy, type Sample } from '../../../src/pacing/felt.ts';

const samples = (kind: Sample['while'], millis: readonly number[], at = 0): Sample[] =>
  millis.map((each) => ({ while: kind, at, millis: each, statements: 1 }));

test('what others feel is the mean while it works, beside the mean while it rests', () => {
  const all = [...samples('work', [10, 12, 14, 12, 12]), ...samples('rest', [5, 5, 5, 5, 5])];
  expect(feltBy(all, 0)).toMatchObject({ work: 12, rest: 5 });
});

test('how uncertain it is follows from how much the measurements differ, and how many there are', () => {
  const errorOf = (work: readonly number[]) =>
    feltBy([...samples('work', work), ...samples('rest', [5, 5, 5, 5, 5])], 0)?.error;
  expect(errorOf([10, 10, 10, 10, 10])).toBe(0);
  // A standard deviation of 2 of a mean of 10, by the root of six and of 24; a rest of 5 makes it one of twice.
  expect(errorOf([8, 12, 8, 12, 8, 12])).toBeCloseTo((2 * 0.2) / Math.sqrt(6) / 0.8, 1);
  expect(errorOf(Array.from({ length: 24 }, (_, index) => (index % 2 ? 8 : 12)))).toBeLessThan(0.12);
});

test('what comes after a transaction counts as if it had come while it worked', () => {
  // 10 ms in place of 5, for 200 ms, of which it worked 50: others wait as if it had been 25 for 50 ms.
  const work = samples('work', [10, 10, 10, 10, 10]).map((each) => ({ ...each, spanMillis: 200, busyMillis: 50 }));
  expect(feltBy([...work, ...samples('rest', [5, 5, 5, 5, 5])], 0)).toEqual({ work: 25, rest: 5, error: 0 });
  // A rest that is as uncertain makes the difference more so, by as much as the span is longer.
  const rest = samples('rest', [4, 6, 4, 6, 4, 6]);
  const errorOf = (kind: readonly Sample[]) => feltBy([...kind, ...rest], 0)?.error ?? 0;
  expect(errorOf(work) / errorOf(samples('work', [10, 10, 10, 10, 10]))).toBeCloseTo(4);
});

test('one statement in ten doesn’t count, be it an hour long', () => {
  const work = samples('work', [1, 9, 10, 10, 10, 10, 10, 10, 11, 3_600_000]);
  expect(feltBy([...work, ...samples('rest', [5, 5, 5, 5, 5])], 0)?.work).toBeCloseTo(10);
});

test('too few measurements, or statements, say nothing', () => {
  const rest = samples('rest', [5, 5, 5, 5, 5]);
  expect(feltBy([...samples('work', [1, 1, 1, 1]), ...rest], 0)).toBeUndefined();
  expect(feltBy([...samples('work', [1, 1, 1, 1, 1]), ...rest], 0, 50)).toBeUndefined();
});

test('what is older than half a minute counts no more', () => {
  const old = [...samples('work', [1, 1, 1, 1, 1]), ...samples('rest', [1, 1, 1, 1, 1])];
  expect(feltBy(old, 30_000)).toBeDefined();
  expect(feltBy(old, 30_001)).toBeUndefined();
  expect(addSample(old, { while: 'work', at: 31_000, millis: 1, statements: 1 })).toHaveLength(1);
});

test('of each kind the latest are kept, so that many of one don’t push out the other', () => {
  let kept: Sample[] = samples('work', [1]);
  for (let at = 0; at < 1_000; at++) kept = addSample(kept, { while: 'rest', at, millis: 1, statements: 1 });
  expect(kept.filter((each) => each.while === 'work')).toHaveLength(1);
  expect(kept).toHaveLength(61);
});
