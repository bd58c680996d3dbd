import { expect, test } from 'vitest';
import { headline, outcomeTable } from '../../../src/workflows/details.ts';
import { type Outcome, startOutcome, type TableOutcome } from '../../../src/workflows/run/outcome.ts';

const done: TableOutcome = { days: 1, archived: 1, alreadyArchived: 0, rows: 1_000 };

function outcomeOf(tables: Record<string, TableOutcome>): Outcome {
  return { ...startOutcome(), tables };
}

test('the tables that need a person come first, with the reason in full and the command to begin with', () => {
  const outcome = outcomeOf({
    'bank.accounts': done,
    'bank.users': { ...done, archived: 0, refused: 'a cascade from bank.addresses would delete rows' },
    'bank.orders': { ...done, archived: 0, failed: '2026-11-27: the bucket says 403' },
  });
  expect(outcomeTable('1 day archived', outcome, []).split('\n').slice(0, 9)).toEqual([
    '1 day archived',
    '',
    '**2 tables need a person**',
    '',
    '- **bank.orders** failed: 2026-11-27: the bucket says 403. `sediment explain bank.orders`',
    '- **bank.users** refused: a cascade from bank.addresses would delete rows. `sediment explain bank.users`',
    '',
    '| table | days | rows | now |',
    '|---|---|---|---|',
  ]);
});

test('a table that is refused is named where its reason is, and counted in the headline', () => {
  const found = outcomeOf({ 'bank.users': { ...done, archived: 0, refused: 'no primary key' } });
  const outcome = { ...found, tablesRefused: 1, archivedDays: 3, rows: 40 };
  expect(headline(outcome)).toBe('**1 table refused**; 3 days archived, 40 rows');
  const [before] = outcomeTable(headline(outcome), outcome, []).split('| table |');
  expect(before?.split('bank.users')).toHaveLength(3);
});

test('a run in which all is well names no person', () => {
  const text = outcomeTable('1 day archived', outcomeOf({ 'bank.accounts': done }), []);
  expect(text).not.toContain('person');
  expect(text).toContain('| bank.accounts | `1 of 1` | `1000` | archived |');
});

test('of hundreds of failures the first are named in full, and the others are counted', () => {
  const tables = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`bank.t${index}`, { ...done, archived: 0, failed: 'x'.repeat(300) }]),
  );
  const text = outcomeTable('0 days archived', outcomeOf(tables), []);
  expect(text).toContain('- and 190 more');
  expect(text.length).toBeLessThan(20_000);
});
