import { expect, test } from 'vitest';
import { isMassRemoval } from '../../../src/heal/healDay.ts';

test.each([
  ['one of nine rows', 1, 9, false],
  ['eight of nine', 8, 9, false],
  ['all of nine', 9, 9, true],
  ['the only one', 1, 1, true],
  ['ten of fifty', 10, 50, false],
  ['eleven of fifty', 11, 50, true],
  ['a tenth of a million', 100_000, 1_000_000, false],
  ['one more than a tenth', 100_001, 1_000_000, true],
])('%s gone from a part', (_, removed, rows, expected) => {
  expect(isMassRemoval(removed, rows, 0.1)).toBe(expected);
});
