import { expect, test } from 'vitest';
import { endCursor } from '../../../src/archive/cursor.ts';
import { inWords, type PurgeProgress, paceComplaint } from '../../../src/workflows/purge/messages.ts';

const progress: Omit<PurgeProgress, 'summary'> = {
  table: 'shop.orders',
  cutoff: '2026-09-01',
  day: '2026-08-01',
  deleted: 5,
  native: null,
  held: null,
  time: null,
  paused: { owner: 'oncall', reason: 'month-end close' },
  pace: null,
  policyHash: null,
  cursor: ['2026-08-01 13:22:10', '88121233'],
  rowsLeft: 7,
  rejected: [],
};

test('a paused purge names the row that it stopped after', () => {
  expect(inWords(progress)).toBe(
    'shop.orders paused at 2026-08-01 13:22:10 / 88121233, nothing in flight, 7 rows of 2026-08-01 left; by oncall: month-end close',
  );
  expect(inWords({ ...progress, cursor: null })).toContain('paused between two days');
});

test('a purge that was paused after a day’s last row says so in words', () => {
  expect(inWords({ ...progress, cursor: endCursor, rowsLeft: 0 })).toContain(
    'paused at its last row, nothing in flight',
  );
});

test.each([[{}], [{ rowsPerSecond: undefined }], [[]], ['fast'], [undefined], [{ rowsPerSeconds: 5 }]])(
  'a pace that names no part of one is refused with an example: %j',
  (request) => {
    expect(paceComplaint(request)).toMatch(/\{"(rowsPerSecond|pace)": .+null for the policy’s own/s);
  },
);

test.each([[null], [{ rowsPerSecond: 0 }], [{ pace: 'steady', restRatio: 1 }]])('a pace is taken: %j', (request) => {
  expect(paceComplaint(request)).toBeUndefined();
});
