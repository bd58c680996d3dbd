import { expect, test } from 'vitest';
import { expiryReport } from '../../../src/cli/status/expiry.ts';
import { expiryLines, expiryNotes } from '../../../src/cli/text/expiryText.ts';
import { announcedBefore, goesOn } from '../../../src/config/expiry.ts';
import type { Expiry } from '../../../src/ledger/expiries.ts';
import { addDays, type Day } from '../../../src/model/day.ts';

const archive = { expire: 'P7Y', notice: 'P30D', by: 'command' } as const;
const policy = { archive, zone: 'UTC' };
const waiting = (day: string): Expiry => ({
  day: day as Day,
  announcedAt: '2026-01-01T02:00:00.000000Z',
  rows: 10,
  bytes: 1_000,
  who: null,
  begunAt: null,
  versions: 0,
  doneAt: null,
});

test('a day goes once both its time and its notice are over, and is announced so that the two end together', () => {
  expect(goesOn(archive, waiting('2019-01-31'), 'UTC')).toBe('2026-02-01');
  expect(goesOn(archive, waiting('2010-01-01'), 'UTC')).toBe('2026-01-31');
  const today = '2026-01-01' as Day;
  const last = addDays(announcedBefore(archive, today) ?? today, -1);
  expect(goesOn(archive, { day: last, announcedAt: '2026-01-01T12:00:00Z' }, 'UTC')).toBe('2026-01-31');
  expect(announcedBefore({ notice: 'P30D', by: 'command' }, today)).toBeUndefined();
});

test('what goes, when, how much and by whom is said, and what is begun or gone beside it', () => {
  const report = expiryReport(policy, [
    { ...waiting('2018-12-30'), begunAt: 'b', doneAt: 'd', who: 'ada' },
    { ...waiting('2018-12-31'), begunAt: 'b', who: 'ada' },
    waiting('2019-01-01'),
    waiting('2019-01-02'),
  ]);
  expect(report).toMatchObject({
    announced: { days: 2, from: '2019-01-01', to: '2019-01-02', rows: 20, bytes: 2_000, goesOn: '2026-01-31' },
    begun: ['2018-12-31'],
    expired: { days: 1, through: '2018-12-30' },
  });
  const of = { table: 'shop.orders', expiry: report };
  expect(expiryLines(of).join()).toMatch(
    /kept for P7Y, announced P30D before; .*2019-01-02, 20 rows, 2.0 kB in S3, goes from/,
  );
  expect(expiryNotes(of).map(({ command }) => command)).toEqual([
    'sediment audit shop.orders --expire --dry-run',
    'sediment audit shop.orders --expire',
  ]);
});

test('a table that keeps its archive for good says nothing of it', () => {
  expect(expiryReport({ zone: 'UTC' }, [])).toBeNull();
  expect(expiryLines({ expiry: null })).toEqual([]);
  expect(expiryNotes({ table: 'shop.orders', expiry: null })).toEqual([]);
});
