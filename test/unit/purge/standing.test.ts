import { expect, test } from 'vitest';
import type { Partition } from '../../../src/ledger/ledger.ts';
import { type Day, parseDay } from '../../../src/model/day.ts';
import { standingAfter } from '../../../src/purge/standing.ts';

function dayOf(day: string, state: Partition['state'], rowsArchived: number, rowsDeleted: number) {
  return { day: parseDay(day), state, rowsArchived, rowsDeleted } as { day: Day } & Partition;
}

const days = [
  dayOf('2026-09-13', 'purged', 500, 500),
  dayOf('2026-09-14', 'purging', 1_000, 400),
  dayOf('2026-09-15', 'archived', 300, 0),
  dayOf('2026-09-16', 'exporting', 0, 0),
  dayOf('2026-09-23', 'archived', 700, 0),
];
const cutoff = parseDay('2026-09-23');

test('what is left after a slice is the day’s rest and every archived day past the retention', () => {
  const [, due] = days;
  if (!due) throw new Error('a day');
  expect(standingAfter(days, due, cutoff, { deleted: 100 })).toEqual({
    day: '2026-09-14',
    dayRows: 1_000,
    dayRowsLeft: 500,
    dueDays: 2,
    dueRows: 800,
  });
  // The slice that ends the day leaves it out.
  expect(standingAfter(days, due, cutoff, { deleted: 600 })).toMatchObject({
    dayRowsLeft: 0,
    dueDays: 1,
    dueRows: 300,
  });
});
