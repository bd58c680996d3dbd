import { expect, test } from 'vitest';
import { noteRestored, noteUnrestored, restoreInWords, startRestore } from '../../../src/workflows/restore/outcome.ts';

test('a restore says what is in its table, what an earlier run had loaded, what has no archive, and what failed', () => {
  const outcome = startRestore({
    ...{ target: 'shop.back', days: ['2026-01-05', '2026-01-06'], done: ['2026-01-04'], rows: 300 },
    missing: ['2026-01-07'],
  });
  noteRestored(outcome, { rows: 100, bytes: 1_000 });
  noteUnrestored(outcome, '2026-01-06', 'x.csv.gz is gone');
  expect(restoreInWords(outcome)).toBe(
    '2 of 3 days in shop.back, 100 rows loaded, each chunk proved there; 1 day from an earlier run; ' +
      '1 day of the range not archived, the first 2026-01-07; 1 day not restored: 2026-01-06: x.csv.gz is gone',
  );
  expect(restoreInWords(startRestore())).toBe('nothing is prepared yet');
});
