import { expect, test } from 'vitest';
import { type Day, daysBetween } from '../../../src/model/day.ts';
import { chooseDays } from '../../../src/plan/planPage.ts';

const days = (from: string, to: string) => daysBetween(from as Day, to as Day);
const own = '2026-11-27' as Day;

test.each([
  ['nothing is missing', [], []],
  ['only the own day is', [own], [{ from: own, to: own }]],
  [
    'others are',
    days('2026-11-24', own),
    [
      { from: own, to: own },
      { from: '2026-11-24', to: '2026-11-26' },
    ],
  ],
  ['the own day is archived', days('2026-11-24', '2026-11-26'), [{ from: '2026-11-24', to: '2026-11-26' }]],
  [
    'more than one run takes',
    days('1900-01-01', own),
    [
      { from: own, to: own },
      { from: '1900-01-01', to: '1900-01-09' },
    ],
  ],
  [
    'more than one run takes, without the own day',
    days('1900-01-01', '1901-01-01'),
    [{ from: '1900-01-01', to: '1900-01-10' }],
  ],
])('a run’s own day comes first, then the oldest: %s', (_, missing, expected) => {
  expect(chooseDays(missing as Day[], { atMost: 10, own })).toEqual(expected);
});
