import { expect, test } from 'vitest';
import { cursorText, endCursor, isEnd } from '../../../src/archive/cursor.ts';

test('the cursor of a pass that is deleted whole is the end; a row’s cursor and none aren’t', () => {
  expect([endCursor, ['end', '1'], ['2026-09-15', '7'], null].map(isEnd)).toEqual([true, false, false, false]);
});

test('a person reads the last row’s key, and never the word that the ledger writes for the end', () => {
  expect(cursorText(['2026-09-15 13:22:10.004311', '88121233'])).toBe('2026-09-15 13:22:10.004311 / 88121233');
  expect(cursorText(endCursor)).toBe('its last row');
});
