import { expect, test } from 'vitest';
import type { Manifest } from '../../../src/archive/manifest.ts';
import { balancesOf } from '../../../src/evidence/balances.ts';
import type { HistoryRow } from '../../../src/ledger/history.ts';
import type { Partition } from '../../../src/ledger/ledger.ts';

const xor = 'ab'.repeat(32);
const row = (over: Partial<Partition>) =>
  ({
    state: 'purged',
    rowsArchived: 10,
    rowsAdded: 0,
    rowsRemoved: 0,
    rowsDeleted: 10,
    revision: 1,
    manifestVersion: 'v',
    ...over,
  }) as Partition;
const manifest = (rows: number) => ({ rows, xor, revision: 1, parts: [{ rows, xor }] }) as unknown as Manifest;
const event = (number: number, name: string, detail: Record<string, unknown>) =>
  ({ number, event: name, detail }) as unknown as HistoryRow;
const wrong = (partition: Partial<Partition>, rows: number, events: HistoryRow[]) =>
  balancesOf(row(partition), manifest(rows), 'v', events)
    .filter(({ balances }) => !balances)
    .map(({ says }) => says);

test('a purged day balances: as archived, healed before, put back and deleted again, erased before and after its purge', () => {
  const archived = event(1, 'archived', { rows: 10 });
  const purged = event(3, 'purged', {});
  expect(wrong({}, 10, [archived, purged])).toEqual([]);
  expect(wrong({ rowsArchived: 11, rowsAdded: 2, rowsRemoved: 1, rowsDeleted: 11 }, 11, [archived, purged])).toEqual(
    [],
  );
  expect(wrong({ rowsDeleted: 14 }, 10, [archived, purged])).toEqual([]);
  const erased = { rowsArchived: 9, rowsRemoved: 1 };
  expect(wrong({ ...erased, rowsDeleted: 9 }, 9, [archived, event(2, 'erased', { rows: 1 }), purged])).toEqual([]);
  expect(wrong({ ...erased, rowsDeleted: 10 }, 9, [archived, purged, event(4, 'erased', { rows: 1 })])).toEqual([]);
});

test('a day whose counts differ says which', () => {
  const events = [event(1, 'archived', { rows: 10 }), event(2, 'purged', {})];
  expect(wrong({ rowsDeleted: 9 }, 10, events)).toEqual(['rows deleted under proof, archived rows']);
  expect(wrong({ rowsArchived: 11 }, 10, events)).toEqual(['rows by the ledger, rows by the manifest']);
  expect(wrong({ rowsAdded: 1 }, 10, events)).toEqual([
    'rows first archived, with what heals and erasures added and took, rows now',
  ]);
  expect(wrong({ manifestVersion: 'other' }, 10, events)).toEqual(['manifest’s version by the ledger, version in S3']);
  expect(balancesOf(row({}), undefined, undefined, events)).toMatchObject([{ balances: false }]);
});
