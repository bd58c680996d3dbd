import { expect, test } from 'vitest';
import { healsHere, quietHours } from '../../../src/ledger/ledger.ts';

const row = { cursor: ['2026-01-01', '7'], healCursor: ['2026-01-01', '7'], healsHere: 5, healedSecondsAgo: 60 };

test.each([
  ['at the cursor where they were made', row, 5],
  ['not once the purge has gone on', { ...row, cursor: ['2026-01-01', '9'] }, 0],
  ['until the day has been quiet', { ...row, healedSecondsAgo: quietHours * 3600 - 1 }, 5],
  ['not after it', { ...row, healedSecondsAgo: quietHours * 3600 }, 0],
  ['in a ledger from before heals had a time', { ...row, healedSecondsAgo: null }, 5],
])('heals count %s', (_, partition, expected) => {
  expect(healsHere(partition)).toBe(expected);
});
