import { expect, test } from 'vitest';
import { parseDay } from '../../../src/model/day.ts';
import { dueOf } from '../../../src/purge/due.ts';

const day = (text: string, state: 'archived' | 'purging' | 'purged' | 'exported', rowsDeleted = 0) => ({
  day: parseDay(text),
  state,
  rowsArchived: 1_000,
  rowsDeleted,
});
const days = [day('2026-01-01', 'purged', 1_000), day('2026-01-02', 'purging', 400), day('2026-01-03', 'archived')];
const policy = { zone: 'UTC' };

test('due are the archived days before the cutoff, without the rows that are deleted', () => {
  const due = dueOf(policy, days, parseDay('2026-01-03'), '2026-03-03T18:00:00Z');
  expect(due).toEqual({ rows: 600, days: 1, secondsLeft: 6 * 3_600 });
  expect(dueOf(policy, days, parseDay('2026-01-04'), '2026-03-03T18:00:00Z')).toMatchObject({ rows: 1_600, days: 2 });
});

test('the time that is left ends at midnight in the policy’s zone, or when the purge window closes', () => {
  const left = (more: { zone?: string; window?: string }, now: string) =>
    dueOf({ ...policy, ...more }, days, parseDay('2026-01-03'), now).secondsLeft;
  expect(left({ zone: 'Europe/Berlin' }, '2026-01-15T18:00:00Z')).toBe(5 * 3_600);
  expect(left({ window: '16:00-20:00 UTC' }, '2026-01-15T18:00:00Z')).toBe(2 * 3_600);
  expect(left({ window: '22:00-06:00 UTC' }, '2026-01-15T23:00:00Z')).toBe(3_600);
});
