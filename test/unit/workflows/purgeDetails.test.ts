import { expect, test } from 'vitest';
import { parseDay } from '../../../src/model/day.ts';
import type { Standing } from '../../../src/purge/result.ts';
import { inWords, type PurgeProgress } from '../../../src/workflows/purge/messages.ts';
import { purgeDetails } from '../../../src/workflows/purge/purgeDetails.ts';

const standing: Standing = {
  day: parseDay('2026-09-15'),
  dayRows: 2_500,
  dayRowsLeft: 725,
  dueDays: 8,
  dueRows: 20_725,
  rowsPerSecond: 184,
  eta: { kind: 'paid', seconds: 113 },
};

function details(progress: Partial<PurgeProgress>, shown: Standing | null = standing): string {
  const found = {
    table: 'bank.transactions',
    cutoff: '2026-09-23',
    day: '2026-09-15',
    deleted: 8_500,
    native: null,
    time: null,
    held: null,
    paused: null,
    pace: null,
    policyHash: null,
    cursor: null,
    rowsLeft: null,
    rejected: [],
    ...progress,
  };
  const last = { at: '2026-11-28T17:03:12.000Z', text: '2026-09-15: 500 rows deleted in slice 3' };
  return purgeDetails({ ...found, summary: inWords(found) }, { standing: shown, last: shown && last });
}

test('a purge that works shows share, rows left, rate and forecast, what happened last, and the commands', () => {
  expect(details({ time: 'held 4 %: window 4 %' })).toBe(
    [
      'bank.transactions before 2026-09-23: 2026-09-15, 8,500 rows deleted (held 4 %: window 4 %)',
      '',
      '| | |',
      '|---|---|',
      '| day | `2026-09-15` ▇▇▇▇▇▇▇▁▁▁ 71 % |',
      '| rows left | `725` of 2,500 |',
      '| due | `21 k` rows of 8 days before 2026-09-23 |',
      '| rate | `184/s` |',
      '| forecast | within the policy in `1m 53s` at this rate |',
      '| last 10 min | held 4 %: window 4 % |',
      '| last | `2026-11-28 17:03 UTC` 2026-09-15: 500 rows deleted in slice 3 |',
      '| rows deleted | `8,500` |',
      '',
      '```',
      'sediment status bank.transactions',
      'sediment explain bank.transactions',
      'sediment pause bank.transactions --reason "…" --for 2h',
      'sediment pace bank.transactions --rows-per-second 500',
      '```',
    ].join('\n'),
  );
});

test('a purge that more comes in to than it deletes says so; one that was seen too shortly forecasts nothing', () => {
  const never = details({}, { ...standing, eta: { kind: 'never', growthRowsPerDay: 1_200 } });
  expect(never).toContain('| forecast | never within the policy: the backlog grows by 1,200 rows a day |');
  expect(details({}, { ...standing, eta: { kind: 'unknown' } })).not.toContain('forecast');
});

test('a purge that is held says by what, and forecasts nothing', () => {
  const text = details({ held: 'replica db-2 is 4.2 s behind | limit 1 s' });
  // A bar would end the table's cell.
  expect(text).toContain('| held by | replica db-2 is 4.2 s behind \\| limit 1 s |');
  expect(text).not.toContain('forecast');
});

test('a paused purge shows who and why, and the command that lets it go on', () => {
  const paused = { owner: 'oncall', reason: 'month-end close' };
  const text = details({ paused, held: 'paused by oncall: month-end close' });
  expect(text).toContain('| held by | paused by oncall: month-end close |');
  expect(text).toContain('sediment resume bank.transactions');
  expect(text).not.toContain('sediment pause');
  expect(text).not.toContain('forecast');
});

test('a pause between two days shows the rows of the day that comes, not the share of the one that went', () => {
  const paused = { owner: 'oncall', reason: 'month-end close' };
  const text = details({ paused, day: '2026-09-16', rowsLeft: 2_400, held: 'paused by oncall: month-end close' });
  expect(text).toContain('| day | `2026-09-16` |');
  expect(text).toContain('| rows left | `2,400` |');
});

test('before its first slice a purge shows what it will do, and nothing that it can’t know', () => {
  const text = details({ day: null, deleted: 0 }, null);
  expect(text).toContain('| due | `days before 2026-09-23` |');
  expect(text).not.toMatch(/\| (day|rows left|rate|forecast|last) \|/);
});

test('a table’s name is one word of the commands', () => {
  expect(details({ table: 'shop.`a b`' })).toContain("sediment status 'shop.`a b`'");
});
