import { expect, test } from 'vitest';
import { brokenChain } from '../../../src/audit/auditDay.ts';
import { ReadPace } from '../../../src/audit/pacedStore.ts';
import { daysOfRun } from '../../../src/config/audit.ts';

const heal = (revision: number) => {
  return { revision, at: '', reason: '', added: 0, changed: 0, removed: 0, superseded: [] };
};

test('a chain of revisions that lacks a link, or is behind the ledger, is broken; one ahead by an attempt that died isn’t', () => {
  const chain = (revision: number, heals: number[], day = '2026-01-05') => ({ day, revision, heals: heals.map(heal) });
  expect(brokenChain(chain(1, []), 1)).toBeUndefined();
  expect(brokenChain(chain(3, [2, 3]), 3)).toBeUndefined();
  expect(brokenChain(chain(3, [2, 3]), 2)).toBeUndefined();
  expect(brokenChain(chain(3, [3]), 3)).toMatch(/tells of revisions 3: its chain is broken/);
  expect(brokenChain(chain(2, [2]), 3)).toMatch(/has revision 2, and the ledger knows 3/);
  expect(brokenChain(chain(2, [], '0000-00-00'), 2)).toBeUndefined();
  expect(brokenChain(chain(2, [], '0000-00-00'), 3)).toMatch(/has revision 2, and the ledger knows 3/);
});

test('readers of one pace wait together: what each takes puts the others off', () => {
  const pace = new ReadPace(1_000);
  expect(pace.take(500, 0)).toBe(500);
  expect(pace.take(500, 0)).toBe(1_000);
  expect(pace.take(100, 5_000)).toBe(100);
});

test('a run reads as many days as it takes for each to be read once in everyDays', () => {
  const weekly = { at: 'Sun 03:00', daysATable: 7 };
  expect(daysOfRun(weekly, 1_000)).toBe(7);
  expect(daysOfRun({ ...weekly, everyDays: 365 }, 1_000)).toBe(20);
  expect(daysOfRun({ ...weekly, everyDays: 365 }, 10)).toBe(7);
  expect(daysOfRun({ at: '03:00', daysATable: 1, everyDays: 365 }, 1_000)).toBe(3);
});
