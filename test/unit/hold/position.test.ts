import { expect, test } from 'vitest';
import { begunDay, nextDay } from '../../../src/hold/position.ts';
import type { Day } from '../../../src/model/day.ts';
import type { PartitionState } from '../../../src/model/partitionState.ts';

const ledgerDay = (day: string, state: PartitionState, rowsDeleted = 0, rowsArchived = 40) => ({
  day: day as Day,
  state,
  rowsArchived,
  rowsDeleted,
  cursor: rowsDeleted > 0 ? ['7'] : null,
});

test('a purge is at the day that it has begun, with what is left of it', () => {
  const days = [
    ledgerDay('2026-09-14', 'purged', 40),
    ledgerDay('2026-09-15', 'archived'),
    ledgerDay('2026-09-16', 'purging', 10),
  ];
  const begun = { day: '2026-09-16', share: 0.25, rowsLeft: 30, cursor: ['7'] };
  expect(begunDay(days)).toEqual(begun);
  expect(nextDay(days)).toEqual(begun);
});

test('between two days it is at none, and goes on with the oldest archived one', () => {
  const days = [
    ledgerDay('2026-09-14', 'purged', 40),
    ledgerDay('2026-09-15', 'archived'),
    ledgerDay('2026-09-16', 'verified'),
  ];
  expect(begunDay(days)).toBeNull();
  expect(nextDay(days)).toEqual({ day: '2026-09-15', share: 0, rowsLeft: 40, cursor: null });
  expect(nextDay([])).toBeNull();
});

test('a day without rows is purged whole', () => {
  expect(begunDay([ledgerDay('2026-09-15', 'purging', 0, 0)])).toMatchObject({ share: 1, rowsLeft: 0 });
});
