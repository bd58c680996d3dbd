import { expect, test } from 'vitest';
import type { Column } from '../../../src/archive/column.ts';
import { BatchSize } from '../../../src/heal/batchSize.ts';

const column = (dataType: string, collation: string | null): Column => ({
  ...{ name: 'k', dataType, columnType: dataType, nullable: false, generated: false },
  ...{ charset: collation && 'utf8mb4', collation },
});
const number = { primaryKey: [column('bigint', null)] };
const text = { primaryKey: [column('varchar', 'utf8mb4_bin')] };
const source = { lateRowsAtOnce: 50_000, healKeyBytes: 16 << 20 };
const rows = (count: number, length: number) =>
  Array.from({ length: count }, () => ({ key: 'k'.repeat(length), cursor: [], digest: '' }));

test('numbers are looked at as many at once as ever, texts a thousand at first', () => {
  expect(new BatchSize(source, number).rows).toBe(50_000);
  expect(new BatchSize(source, text).rows).toBe(1_000);
  expect(new BatchSize({ ...source, lateRowsAtOnce: 7 }, text).rows).toBe(7);
});

test.each([
  ['short keys', 20, 50_000],
  ['keys of a hundred bytes in hex', 200, 20_971],
  ['the longest keys', 6_144, 682],
  ['keys that are longer than any', 1 << 20, 100],
])('%s are looked at so many at once that memory holds them', (_, length, expected) => {
  const batch = new BatchSize(source, text);
  batch.learn(rows(3, length));
  expect(batch.rows).toBe(expected);
  batch.learn([]);
  expect(batch.rows).toBe(expected);
});
