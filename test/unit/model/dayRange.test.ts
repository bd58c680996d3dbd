import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, type Day, daysBetween } from '../../../src/model/day.ts';
import { daysOf, toRanges } from '../../../src/model/dayRange.ts';

const start = '2024-02-25' as Day;

describe('ranges of days', () => {
  test.each([
    ['no day', [], []],
    ['one day', ['2026-11-21'], ['2026-11-21 2026-11-21']],
    ['days in a row', ['2026-11-21', '2026-11-22', '2026-11-23'], ['2026-11-21 2026-11-23']],
    ['a gap', ['2026-11-21', '2026-11-23'], ['2026-11-21 2026-11-21', '2026-11-23 2026-11-23']],
    ['a leap day and a year’s end', ['2024-02-29', '2024-03-01'], ['2024-02-29 2024-03-01']],
    ['a year’s end', ['2025-12-31', '2026-01-01'], ['2025-12-31 2026-01-01']],
    [
      'a later day that comes first',
      ['2026-11-27', '2026-11-24', '2026-11-25'],
      ['2026-11-27 2026-11-27', '2026-11-24 2026-11-25'],
    ],
    ['the calendar’s last day', ['9999-12-30', '9999-12-31'], ['9999-12-30 9999-12-31']],
  ])('of %s', (_, days, expected) => {
    expect(toRanges(days as Day[]).map(({ from, to }) => `${from} ${to}`)).toEqual(expected);
  });

  test('hold the same days in the same order, and as few ranges as there are gaps', () => {
    const days = fc.uniqueArray(fc.nat(40)).map((numbers) => numbers.map((number) => addDays(start, number)));
    fc.assert(
      fc.property(days, (given) => {
        const ranges = toRanges(given);
        expect(daysOf(ranges)).toEqual(given);
        const breaks = given.filter((day, at) => at > 0 && given[at - 1] !== addDays(day, -1));
        expect(ranges).toHaveLength(given.length === 0 ? 0 : breaks.length + 1);
      }),
    );
  });

  test('of a year without gaps are one', () => {
    expect(toRanges(daysBetween(start, addDays(start, 365)))).toEqual([{ from: start, to: addDays(start, 365) }]);
  });
});
