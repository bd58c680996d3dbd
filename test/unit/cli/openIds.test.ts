import { expect, test } from 'vitest';
import { archivesOf, runsOf } from '../../../src/cli/status/openIds.ts';
import { archiveId, backfillId, dailyId, purgeId } from '../../../src/workflows/ids.ts';

const scheduled = 'daily/bank-2026-11-22T01:30:00Z';

test('of open workflows the archives of the asked tables are found, whatever their day', () => {
  const open = [
    archiveId('bank', 'bank.orders', '2026-01-05'),
    archiveId('bank', 'bank.`a.b`', '2026-11-21'),
    archiveId('bank', 'bank.users', '2026-11-21'),
    archiveId('other', 'bank.orders', '2026-11-21'),
    purgeId('bank', 'bank.orders'),
    scheduled,
    '',
  ];
  const found = archivesOf('bank', ['bank.orders', 'bank.`a.b`'], open);
  expect(found.map(({ table, day }) => [table, day])).toEqual([
    ['bank.orders', '2026-01-05'],
    ['bank.`a.b`', '2026-11-21'],
  ]);
});

test('daily runs and backfills are those of the source, not of one whose name begins alike', () => {
  const own = [
    scheduled,
    'daily/bank',
    dailyId('bank', 'now'),
    backfillId('bank', '2026-01-01', '2026-01-05', undefined),
  ];
  const others = [
    'daily/bank-2-2026-11-22T01:30:00Z',
    dailyId('bank-2', 'now'),
    backfillId('bank-2', '2026-01-01', '2026-01-05', undefined),
    archiveId('bank', 'bank.orders', '2026-01-05'),
  ];
  expect(runsOf('bank', [...others, ...own])).toEqual(own);
});
