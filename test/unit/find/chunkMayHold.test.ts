import { expect, test } from 'vitest';
import type { Column } from '../../../src/archive/column.ts';
import { chunkMayHold } from '../../../src/find/chunkMayHold.ts';

const column = (dataType: string): Column => ({
  ...{ name: 'id', dataType, columnType: dataType, nullable: false, generated: false, charset: null, collation: null },
});
const holds = (dataType: string, [minKey, maxKey]: readonly [string, string], value: string | Buffer | null) =>
  chunkMayHold({ minKey, maxKey }, column(dataType), { value });

test('numbers are compared as numbers, times as times, bytes as bytes', () => {
  expect(holds('bigint', ['9', '100'], '42')).toBe(true);
  expect(holds('bigint', ['9', '100'], '8')).toBe(false);
  expect(holds('bigint', ['-5', '3'], '-6')).toBe(false);
  expect(holds('bigint', ['9007199254740993', '9007199254740995'], '9007199254740993')).toBe(true);
  expect(holds('decimal', ['1.50', '9.00'], '10')).toBe(false);
  expect(holds('binary', ['00ff', '10'], Buffer.from([1]))).toBe(true);
  expect(holds('binary', ['00ff', '10'], Buffer.from([17]))).toBe(false);
  const times = ['2026-01-05 00:00:01.000000', '2026-01-05 00:00:02.500000'] as const;
  expect(holds('datetime', times, '2026-01-05 00:00:01')).toBe(true);
  expect(holds('datetime', times, '2026-01-05 00:00:02.5')).toBe(true);
  expect(holds('datetime', times, '2026-01-05 00:00:03')).toBe(false);
});

test('texts have the order of their collation, so every chunk may hold one; none holds a NULL in its key', () => {
  expect(holds('varchar', ['a', 'b'], 'Z')).toBe(true);
  expect(holds('bigint', ['1', '2'], 'no number')).toBe(true);
  expect(holds('bigint', ['1', '2'], null)).toBe(false);
});

test('plain texts are compared under the collations that order them as ASCII does', () => {
  const under = (collation: string, [minKey, maxKey]: readonly [string, string], value: string) =>
    chunkMayHold({ minKey, maxKey }, { ...column('varchar'), charset: 'utf8mb4', collation }, { value });
  expect(under('utf8mb4_0900_ai_ci', ['a-1', 'C-9'], 'B-5')).toBe(true);
  expect(under('utf8mb4_0900_ai_ci', ['a-1', 'C-9'], 'd-5')).toBe(false);
  expect(under('utf8mb4_bin', ['A', 'Z'], 'b')).toBe(false);
  expect(under('utf8mb4_da_0900_ai_ci', ['a', 'b'], 'z')).toBe(true);
  expect(under('utf8mb4_0900_ai_ci', ['a', 'é'], 'z')).toBe(true);
  expect(under('utf8mb4_0900_ai_ci', ['', '\u{10ffff}'], 'z')).toBe(true);
});
