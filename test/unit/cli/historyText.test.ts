import { expect, test } from 'vitest';
import { csvLine, eventText, historyLines } from '../../../src/cli/text/historyText.ts';
import type { HistoryRow } from '../../../src/ledger/history.ts';
import type { Day } from '../../../src/model/day.ts';

const row = (event: string, detail: Record<string, unknown>): HistoryRow => ({
  number: 1,
  at: '2026-11-28T02:00:14.123456Z',
  table: 'bank.orders',
  day: '2026-11-27' as Day,
  event,
  who: 'sediment 0.1.0',
  detail,
});

test.each([
  ['held', { reason: 'month-end', until: null, exports: false }, 'paused: "month-end"'],
  [
    'held',
    { reason: 'restore', until: '2026-11-29 06:00:00', exports: true },
    'paused, exports too until 2026-11-29 06:00:00 UTC: "restore"',
  ],
  ['released', { owner: 'ada', reason: 'month-end' }, 'resumed (ada had paused: "month-end")'],
  ['accepted', { kind: 'server', server: 'a-b', reason: 'promoted' }, 'accepted server a-b: "promoted"'],
  ['accepted', { kind: 'rewind', reason: 'restored' }, 'accepted rewind: "restored"'],
  [
    'adopted',
    { epoch: 3, state: 'purging', revision: 2, rows: 1000, rowsDeleted: 90 },
    'brought to its manifest in S3, revision 2: 1,000 rows, 90 of them purged',
  ],
  [
    'begun',
    { run: 'daily', tables: 12, days: 14, refused: 1, failed: 0 },
    'daily run begun: 12 tables, 14 days to archive, 1 refused',
  ],
  [
    'begun',
    { run: 'backfill', from: '2026-11-01', to: '2026-11-03', tables: 1, days: 3, refused: 0, failed: 0 },
    'backfill of 2026-11-01 … 2026-11-03 begun: 1 table, 3 days to archive',
  ],
  ['archived', { rows: 12_400, manifest: {} }, 'archived: 12,400 rows'],
  ['stopped', { reason: 'healing is off' }, 'stopped: healing is off'],
  ['healed', { revision: 2, added: 1, changed: 2, removed: 0 }, 'healed, revision 2: 1 added, 2 changed, 0 removed'],
  [
    'purged',
    { rowsDeleted: 60, proofs: 1, leftRows: 2, pass: 1 },
    'purged: 60 rows deleted, proved 1 time, 2 rows left in the table',
  ],
  ['audited', { rows: 60, bytes: 900, finding: null }, 'audited, as it was written: 60 rows, 900 B read'],
  ['audited', { rows: 60, bytes: 900, finding: 'a chunk differs' }, 'audited: a chunk differs (60 rows, 900 B read)'],
  ['drilled', { rows: 1, seconds: 0.2, finding: null }, 'restored by way of trial and proved: 1 row in 0.2 s'],
  ['erased', { rows: 2, reason: 'GDPR 17' }, '2 rows erased from the archive, all versions: "GDPR 17"'],
  [
    'kept',
    { until: '2026-12-29 10:00:00.000000', reason: 'a case', filter: '' },
    'kept from the purge until 2026-12-29 10:00 UTC, to be put back: "a case"',
  ],
  [
    'putBack',
    { inserted: 3, there: 1, differing: 0, complete: true },
    '3 rows put back; 1 were there, 0 with other values',
  ],
  ['newer', { rows: 1 }, 'newer: {"rows":1}'],
])('%s is told in words', (event, detail, words) => {
  expect(eventText({ event, detail })).toBe(words);
});

test('a line says when, of what, what and by whom, within the width', () => {
  const archived = row('archived', { rows: 1 });
  expect(historyLines([archived], 200)).toEqual([
    '2026-11-28 02:00:14  bank.orders 2026-11-27  archived: 1 row, by sediment 0.1.0',
  ]);
  expect(historyLines([{ ...archived, table: null, day: null }], 200)[0]).toContain('  all tables  archived');
  const narrow = historyLines([archived], 48);
  for (const line of narrow) expect([...line].length).toBeLessThanOrEqual(48);
  // Who did it stands last, and is never cut off.
  expect(narrow.map((line) => line.trim()).join(' ')).toBe(historyLines([archived], 200)[0]);
});

test('a line of CSV keeps quotes and line breaks, and no spreadsheet runs a reason', () => {
  const said = { ...row('held', { reason: 'a "b"\nc' }), who: '=HYPERLINK("x")' };
  expect(csvLine(said)).toBe(
    '2026-11-28T02:00:14.123456Z,bank.orders,2026-11-27,held,"\'=HYPERLINK(""x"")","{""reason"":""a \\""b\\""\\nc""}"',
  );
  expect(csvLine({ ...said, table: null, day: null })).toContain('Z,,,held,');
});
