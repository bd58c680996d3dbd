import { expect, test } from 'vitest';
import { statusExitCode } from '../../../src/cli/status/exitCode.ts';
import type { StatusFacts } from '../../../src/cli/status/facts.ts';
import { reportTable } from '../../../src/cli/status/tableStatus.ts';
import { sharedLines } from '../../../src/cli/text/pauseText.ts';
import { statusLines } from '../../../src/cli/text/statusText.ts';
import type { Day } from '../../../src/model/day.ts';
import { dayReport, ledgerOf, policyOf } from '../../support/reports.ts';

const now = '2026-11-22T12:00:00.000000Z';

/** One table in order. */
function facts(parts: Partial<StatusFacts> = {}): StatusFacts {
  const ledger = {
    ...ledgerOf(now, { 'bank.orders': [dayReport('2026-11-21', 'archived')] }),
    firstDays: new Map([['bank.orders', '2026-11-21' as Day]]),
  };
  return {
    now,
    source: 'bank',
    tables: [reportTable(policyOf('bank.orders'), '01:30', ledger)],
    temporal: {
      unreachable: null,
      workerHeardSecondsAgo: 3,
      purges: new Map(),
      archives: new Map(),
      schedule: { paused: false, note: '' },
    },
    rates: new Map(),
    spent: new Map(),
    missingRows: new Map(),
    bounds: new Map(),
    ...parts,
  };
}

const textOf = (given: StatusFacts) =>
  statusLines(given, 200)
    .map(({ text }) => text)
    .join('\n');

test('where all is in order nothing is noted, and the exit code is 0', () => {
  expect(textOf(facts())).toMatch(/No backlog: nothing that is past its retention is still there\.$/);
  expect(statusExitCode(facts())).toBe(0);
});

test('a run that fails before it comes to a table is named, with what it fails by, and the exit code is 1', () => {
  const failing = {
    workflowId: 'daily/bank-2026-11-22T01:30:00Z',
    activity: 'planDay',
    attempt: 4,
    failure: 'no rights',
  };
  const given = facts({ temporal: { ...facts().temporal, failingRuns: [failing] } });
  expect(textOf(given)).toContain(
    'The run daily/bank-2026-11-22T01:30:00Z failed 3 times at planDay, and is tried again by itself: no rights.',
  );
  expect(statusExitCode(given)).toBe(1);
});

test('a ledger that isn’t there is no empty one: nothing is known', () => {
  const text = textOf(facts({ missingLedger: 'sediment' }));
  expect(text).toContain('Backlog unknown: there is no ledger.');
  expect(text).toContain('There is no ledger sediment on this server, so nothing is known of any table.');
});

test('tables without a policy are named up to five, and no backlog is said of the others alone', () => {
  const unlisted = Array.from({ length: 7 }, (_, index) => ({ table: `bank.old${index}`, days: 2, rows: 1_200 }));
  const text = textOf(facts({ unlisted }));
  expect(text).toContain('No backlog in the tables of this config');
  expect(text).toContain('bank.old4 has no policy in this config');
  expect(text).not.toContain('bank.old5');
  expect(text).toContain('So it is with 2 further tables; sediment status --json names them.');
});

test('a paused schedule and a worker that is gone are both said, each with its command', () => {
  const { temporal } = facts();
  const gone = { ...temporal, workerHeardSecondsAgo: 400, schedule: { paused: true, note: 'close' } };
  const ledger = {
    ...ledgerOf(now, { 'bank.orders': [dayReport('2026-11-20', 'archived')] }),
    firstDays: new Map([['bank.orders', '2026-11-20' as Day]]),
  };
  const given = facts({ temporal: gone, tables: [reportTable(policyOf('bank.orders'), '01:30', ledger)] });
  const text = textOf(given);
  expect(text).toMatch(/2026-11-20 !.+waits for a worker: none is up/);
  expect(text).toContain(
    'No worker of bank has asked for work for 6m 40s: nothing is archived or purged. Start one: sediment worker',
  );
  expect(text).toContain(
    'No daily run starts: the daily schedule is paused ("close"). Go on with: sediment schedule unpause',
  );
  expect(statusExitCode(given)).toBe(1);
});

test('a table that MySQL doesn’t show this user: nothing is said to be well, and the exit code is 1', () => {
  const given = facts({ unseen: new Set(['bank.orders']) });
  const text = textOf(given);
  expect(text).toContain('Backlog unknown: MySQL doesn’t show 1 table to this user');
  expect(text).toMatch(/bank\.orders: MySQL shows this user no such table.+\s+sediment doctor bank\.orders/s);
  expect(statusExitCode(given)).toBe(1);
});

test('due days whose rows weren’t counted: no backlog of 0 rows is said, and the exit code is 1', () => {
  const ledger = {
    ...ledgerOf(now, { 'bank.orders': [dayReport('2026-11-21', 'archived')] }),
    firstDays: new Map([['bank.orders', '2026-09-01' as Day]]),
  };
  const tables = [reportTable(policyOf('bank.orders'), '01:30', ledger)];
  const missing = { days: 8, rows: 120, bytes: 3_000, counted: true };
  const counted = facts({ tables, missingRows: new Map([['bank.orders', missing]]) });
  expect(textOf(counted)).toContain('Backlog 120 rows, about 3.0 kB as CSV, in 1 table.');
  expect(statusExitCode(counted)).toBe(0);
  const given = facts({ tables });
  expect(textOf(given)).toContain(
    'Backlog in 1 table of days without an archive, whose rows weren’t counted; sediment plan counts them.',
  );
  expect(statusExitCode(given)).toBe(1);
});

test('a pause of everything names the other sources of a shared ledger, and nothing where there is none', () => {
  expect(sharedLines('sediment', [])).toEqual([]);
  expect(sharedLines('sediment', ['shop'])).toEqual([
    'The ledger sediment is that of source shop too, whose tables are held with them.',
  ]);
});
