import { expect, test } from 'vitest';
import { type DayEvent, DayLog } from '../../../src/telemetry/dayLog.ts';

const place = { table: 'bank.orders', day: '2026-11-27' };

test('an archived day says rows, bytes, and the time since its first attempt in this worker', () => {
  const log = new DayLog();
  log.begin(place, 1_000);
  log.begin(place, 2_500);
  expect(log.line(place, { event: 'archived', rows: 12_400, bytes: 1_100_000 }, 3_100)).toEqual({
    message: 'bank.orders 2026-11-27 archived: 12,400 rows, 1.1 MB, 2.1 s',
    fields: { event: 'archived', ...place, seconds: 2.1, rows: 12_400, bytes: 1_100_000 },
  });
  // Another worker began this one, so nobody here knows since when.
  expect(log.line(place, { event: 'archived', rows: 1, bytes: 20 })?.message).toBe(
    'bank.orders 2026-11-27 archived: 1 row, 20 B',
  );
});

test.each<[DayEvent, string]>([
  [{ event: 'purged', rows: 12_400 }, 'purged: 12,400 rows'],
  [
    { event: 'healed', added: 0, changed: 3, removed: 1, parts: 1 },
    'healed: 0 rows added, 3 changed, 1 removed; 1 part written',
  ],
  [{ event: 'audited', rows: 7, bytes: 300, finding: null }, 'read back, as it was written: 7 rows, 300 B'],
  [{ event: 'audited', rows: 7, bytes: 300, finding: 'part 3 is gone' }, 'damaged: part 3 is gone'],
  [{ event: 'held', by: 'replicaLag', reason: 'replica db-2 is 4.2 s behind' }, 'held: replica db-2 is 4.2 s behind'],
  [{ event: 'stopped', reason: 'bank.orders 2026-11-27: 3 rows changed' }, 'stopped: 3 rows changed'],
  [{ event: 'refused', reason: 'it has no primary key' }, 'refused: it has no primary key'],
])('what became of a day is one line in words: %j', (found, words) => {
  expect(new DayLog().line(place, found)?.message).toBe(`bank.orders 2026-11-27 ${words}`);
});

test('a hold is said once, however often the purge asks, and again after it has gone on or for another reason', () => {
  const log = new DayLog();
  const held = (by: string, reason: string) => log.line(place, { event: 'held', by, reason }) !== undefined;
  expect(held('replicaLag', 'replica db-2 is 4.2 s behind')).toBe(true);
  expect(held('replicaLag', 'replica db-2 is 5.1 s behind')).toBe(false);
  expect(held('window', 'the window opens at 22:00')).toBe(true);
  log.line(place, { event: 'purged', rows: 1 });
  expect(held('window', 'the window opens at 22:00')).toBe(true);
});

test('a line of the whole table names no day', () => {
  expect(new DayLog().line({ table: 'bank.users' }, { event: 'refused', reason: 'a trigger would fire' })).toEqual({
    message: 'bank.users refused: a trigger would fire',
    fields: { event: 'refused', table: 'bank.users', reason: 'a trigger would fire' },
  });
});
