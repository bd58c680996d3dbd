import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allFailed,
  findings,
  noteArchived,
  noteElsewhere,
  noteFailure,
  notePlan,
  type Outcome,
  relistFailure,
  startOutcome,
  trimOutcome,
} from '../../../../src/workflows/run/outcome.ts';

const listed = 250;

function planned(...tables: string[]): Outcome {
  const outcome = startOutcome();
  for (const table of tables) notePlan(outcome, { table, days: [] }, 2);
  return outcome;
}
const names = (count: number) => Array.from({ length: count }, (_, at) => `db.t${String(at).padStart(3, '0')}`);

describe('a run’s outcome', () => {
  test('counts a plan’s days, those that are archived already, and what was refused or couldn’t be planned', () => {
    const outcome = startOutcome();
    notePlan(outcome, { table: 'db.a', days: [], alreadyArchived: 3 }, 2);
    notePlan(outcome, { table: 'db.b', days: [], refused: 'no primary key' }, 0);
    notePlan(outcome, { table: 'db.c', days: [], failed: 'gone' }, 0);
    expect(outcome).toMatchObject({ tablesPlanned: 3, tablesRefused: 1, tablesFailed: 1, alreadyArchived: 3 });
    expect(findings(outcome, 'refused')).toEqual({ 'db.b': 'no primary key' });
    expect(findings(outcome, 'failed')).toEqual({ 'db.c': 'gone' });
  });

  test('counts archived days and rows; a day that was archived already is none of its own', () => {
    const outcome = planned('db.a');
    noteArchived(outcome, 'db.a', 40, false);
    noteArchived(outcome, 'db.a', 7, true);
    expect(outcome).toMatchObject({ archivedDays: 1, alreadyArchived: 1, rows: 40 });
    expect(outcome.tables['db.a']).toEqual({ days: 1, archived: 1, alreadyArchived: 1, rows: 40 });
  });

  test('counts a table that fails twice once, with the latest reason', () => {
    const outcome = planned('db.a', 'db.b');
    noteFailure(outcome, 'db.a', 'first');
    noteFailure(outcome, 'db.a', 'second');
    expect(outcome.tablesFailed).toBe(1);
    expect(findings(outcome, 'failed')).toEqual({ 'db.a': 'second' });
    expect(allFailed(outcome)).toBe(false);
  });

  test.each([
    ['no table was planned', 0, 0, 0, false],
    ['every table failed', 2, 2, 0, true],
    ['every table that wasn’t refused failed', 3, 2, 1, true],
    ['one went well', 3, 2, 0, false],
    ['all were refused', 2, 0, 2, false],
  ])('has failed as a whole or not, where %s', (_, tablesPlanned, tablesFailed, tablesRefused, expected) => {
    expect(allFailed({ ...startOutcome(), tablesPlanned, tablesFailed, tablesRefused })).toBe(expected);
  });

  test('keeps reasons in full for the first fifty, shorter for the others', () => {
    const outcome = planned(...names(60));
    for (const table of names(60)) noteFailure(outcome, table, 'x'.repeat(1_000));
    const lengths = Object.values(findings(outcome, 'failed')).map((reason) => reason.length);
    expect(new Set(lengths.slice(0, 50))).toEqual(new Set([300]));
    expect(new Set(lengths.slice(50))).toEqual(new Set([60]));
  });

  test('names a month of days that another run has in hand, and no more', () => {
    const outcome = planned('db.a');
    for (let day = 0; day < 40; day++) noteElsewhere(outcome, 'db.a', `day ${day}`);
    expect(outcome.tables['db.a']?.elsewhere).toHaveLength(31);
  });
});

describe('the list of an outcome', () => {
  test.each([
    [listed, 0, 0],
    [listed, 1, 1],
    [listed - 1, 1, 0],
    [10, 200, 0],
    [listed, 200, 200],
    [3, 1_000, 3],
  ])('of %i tables that makes room for %i loses %i', (count, room, lost) => {
    const outcome = planned(...names(count));
    trimOutcome(outcome, room);
    expect(Object.keys(outcome.tables)).toHaveLength(count - lost);
    expect(outcome.unlisted).toBe(lost);
  });

  test('loses tables with nothing to report first, then the oldest', () => {
    const outcome = planned('db.failed', 'db.done', 'db.refused', 'db.elsewhere', 'db.open', ...names(listed - 5));
    noteFailure(outcome, 'db.failed', 'why');
    for (let day = 0; day < 2; day++) noteArchived(outcome, 'db.done', 1, false);
    noteElsewhere(outcome, 'db.elsewhere', '2026-11-21');
    trimOutcome(outcome, 1);
    expect(Object.keys(outcome.tables)).not.toContain('db.done');
    trimOutcome(outcome, 2);
    expect(Object.keys(outcome.tables)).not.toContain('db.failed');
    expect(outcome.unlisted).toBe(2);
  });

  test('keeps the counts of those it loses, and lists one again that comes back', () => {
    const outcome = planned(...names(listed));
    noteFailure(outcome, 'db.t000', 'why');
    trimOutcome(outcome, 1);
    expect(outcome).toMatchObject({ tablesFailed: 1, tablesPlanned: listed, unlisted: 1 });
    relistFailure(outcome, 'db.t000', 'why');
    noteFailure(outcome, 'db.t000', 'again');
    expect(outcome).toMatchObject({ tablesFailed: 1, unlisted: 0 });
  });

  test('never grows beyond its bound, and nothing is lost but what it says', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(220), { maxLength: 6 }), (pages) => {
        const outcome = startOutcome();
        let count = 0;
        for (const page of pages) {
          trimOutcome(outcome, page);
          for (let at = 0; at < page; at++) notePlan(outcome, { table: `db.t${count++}`, days: [] }, 1);
          expect(Object.keys(outcome.tables).length).toBeLessThanOrEqual(listed);
          expect(Object.keys(outcome.tables).length + outcome.unlisted).toBe(count);
        }
        expect(outcome.tablesPlanned).toBe(count);
      }),
    );
  });
});
