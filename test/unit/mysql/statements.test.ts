import { expect, test } from 'vitest';
import { meanBetween } from '../../../src/mysql/impact/statements.ts';
import { Works } from '../../../src/mysql/impact/works.ts';

test('a statement’s mean latency is what both counters grew by', () => {
  const mean = meanBetween({ statements: 100, millis: 50 }, { statements: 110, millis: 90 });
  expect(mean).toEqual({ millis: 4, statements: 10 });
});

test('counters that began again, or grew by next to nothing, say nothing', () => {
  expect(meanBetween({ statements: 100, millis: 50 }, { statements: 7, millis: 1 })).toBeUndefined();
  expect(meanBetween({ statements: 100, millis: 50 }, { statements: 102, millis: 51 })).toBeUndefined();
  expect(meanBetween({ statements: 100, millis: 50 }, { statements: 110, millis: 40 })).toBeUndefined();
});

test('works are counted while they are under way, and at work between their beginning and end', () => {
  const works = new Works();
  const [one, other] = [{}, {}];
  works.keep(one);
  expect([works.number, works.working]).toEqual([1, false]);
  works.begin(one);
  works.begin(other);
  works.end(one);
  expect([works.number, works.working]).toEqual([2, true]);
  works.end(other);
  works.end(other);
  expect([works.number, works.working, works.epoch]).toEqual([2, false, 4]);
});

test('who waits hears of each beginning and end', async () => {
  const works = new Works();
  const heard = works.change(60_000);
  works.begin({});
  await heard;
});
