import { describe, expect, test } from 'vitest';
import type { StatusFacts } from '../../../src/cli/status/facts.ts';
import { tableState } from '../../../src/cli/status/tableState.ts';
import { reportTable } from '../../../src/cli/status/tableStatus.ts';
import { explainedCommand, explainLines } from '../../../src/cli/text/explainText.ts';
import { tableEta } from '../../../src/cli/text/stateText.ts';
import { statusLines } from '../../../src/cli/text/statusText.ts';
import { paint } from '../../../src/cli/text/terminal.ts';
import type { RecordedRefusal } from '../../../src/ledger/refusals.ts';
import type { LedgerReport } from '../../../src/ledger/report.ts';
import type { Day } from '../../../src/model/day.ts';
import type { OpenWork } from '../../../src/model/tableState.ts';
import { dayReport, ledgerOf, policyOf } from '../../support/reports.ts';

const now = '2026-11-22T12:00:00.000000Z';
const since = '2026-11-20T01:30:04.000000Z';
const table = 'bank.orders';
const day = '2026-09-15' as Day;
const running: OpenWork = { activity: 'purgeSlice', day: null, attempt: 1, failure: null, failedAt: null };
const temporal: StatusFacts['temporal'] = {
  unreachable: null,
  workerHeardSecondsAgo: 3,
  purges: new Map([[table, running]]),
  archives: new Map(),
  schedule: { paused: false, note: '' },
};
const half = dayReport(day, 'purging', {
  rowsArchived: 4_000_000,
  rowsDeleted: 2_840_000,
  cursor: ['2026-09-15 13:22:10.004311', '88121233'],
});
const archivedDays = Array.from({ length: 67 }, (_, index) => {
  const each = new Date(Date.parse('2026-09-16') + index * 86_400_000).toISOString().slice(0, 10);
  return dayReport(each, 'archived', { rowsArchived: 1_000_000 });
});
const refusal = (parts: Partial<RecordedRefusal>): RecordedRefusal => ({
  work: 'plan',
  day: null,
  reason: 'it has no primary key',
  remedy: 'add one, or take the table out of the policy file',
  command: null,
  since,
  ...parts,
});
const hold = { scope: table, owner: 'oncall-dba', reason: 'month-end close', since, until: null };

const colour = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');

interface Case {
  ledger?: Partial<LedgerReport>;
  facts?: Partial<StatusFacts>;
}

function factsOf({ ledger, facts }: Case): StatusFacts {
  const days = ledgerOf(now, { [table]: [half, ...archivedDays] });
  const policy = policyOf(table, { retention: 'P60D' });
  return {
    now,
    source: 'bank',
    tables: [reportTable(policy, '01:30', { ...days, ...ledger })],
    temporal,
    rates: new Map([[table, { rowsPerSecond: 18_400, seconds: 300 }]]),
    spent: new Map(),
    missingRows: new Map(),
    bounds: new Map(),
    ...facts,
  };
}

const wait = { by: 'replicaLagSeconds replica db-2', reason: 'replica db-2 is 4.2 s behind, limit 1 s', since };
const cases: Record<string, Case> = {
  'in order': {
    ledger: { days: new Map([[table, archivedDays.slice(7)]]) },
    facts: { temporal: { ...temporal, purges: new Map() } },
  },
  'never looked at': { ledger: { days: new Map() }, facts: { temporal: { ...temporal, purges: new Map() } } },
  refused: { ledger: { refusals: new Map([[table, [refusal({})]]]) } },
  'an archive that is stopped': {
    ledger: {
      refusals: new Map([
        [
          table,
          [refusal({ work: 'archive', day, reason: `${table} ${day}: 1 rows of column note have no Unicode form` })],
        ],
      ]),
      days: new Map([[table, [dayReport(day, 'exporting')]]]),
      firstDays: new Map([[table, day]]),
    },
  },
  'a day that is stopped': {
    ledger: {
      days: new Map([
        [
          table,
          [
            {
              ...half,
              stopped: `${table} ${day}: 3 rows changed (7, 8, 9), and healing is off (drift: stop). To go on: sediment heal ${table} --day ${day}`,
              stopCommand: `sediment heal ${table} --day ${day}`,
            },
          ],
        ],
      ]),
    },
  },
  'a purge that fails': {
    facts: {
      temporal: {
        ...temporal,
        purges: new Map([[table, { ...running, attempt: 4, failure: 'S3 says SlowDown', failedAt: since }]]),
      },
    },
  },
  held: { ledger: { holds: [hold] } },
  'without a worker': { facts: { temporal: { ...temporal, workerHeardSecondsAgo: null } } },
  'after a deploy': {
    facts: {
      temporal: {
        ...temporal,
        purges: new Map([[table, { ...running, failure: 'Worker is shutting down', failedAt: since }]]),
      },
    },
  },
  'without Temporal': { facts: { temporal: { ...temporal, unreachable: 'temporal: no server answers' } } },
  'under a paused schedule': {
    facts: { temporal: { ...temporal, purges: new Map(), schedule: { paused: true, note: 'quiet week' } } },
  },
  'behind a replica': { facts: { spent: new Map([[table, { shares: null, wait }]]) } },
  purging: {},
  healing: {
    facts: { temporal: { ...temporal, purges: new Map([[table, { ...running, activity: 'healPartition' }]]) } },
  },
};

describe.each([80, 200])('at %i columns', (width) => {
  test.each(Object.entries(cases))('explain says why, since when, and the one command: %s', (_, given) => {
    const facts = factsOf(given);
    const [report] = facts.tables;
    if (!report) throw new Error('no table');
    const state = tableState(report, facts);
    const about = 'day' in state ? state.day : null;
    const lines = explainLines(
      { report, facts, state, day: about === day ? half : null, checks: [], events: [] },
      width,
    );
    const text = paint(lines, false);
    expect(text.join('\n')).toMatchSnapshot();
    for (const line of text.filter((each) => !each.includes('sediment ')))
      expect([...line].length).toBeLessThanOrEqual(width);
    // A pipe and NO_COLOR get the same words, without the colours.
    expect(text.join('\n')).not.toContain('\x1b');
    expect(paint(lines, true).join('\n').replaceAll(colour, '')).toBe(text.join('\n'));
  });

  test.each(Object.entries(cases))('status says the same: %s', (_, given) => {
    const text = paint(statusLines(factsOf(given), width), false).join('\n');
    expect(text).toMatchSnapshot();
    expect(text).not.toMatch(/TypeError|Unknown|undefined| -0 /);
  });
});

/** Only while something works, or waits for what passes by itself, is an end foreseen. */
const forecasts: Record<string, string> = {
  'in order': 'unknown',
  'never looked at': 'unknown',
  refused: 'unknown',
  'an archive that is stopped': 'unknown',
  'a day that is stopped': 'unknown',
  'a purge that fails': 'unknown',
  held: 'unknown',
  'without a worker': 'unknown',
  'after a deploy': 'unknown',
  'without Temporal': 'paid',
  'under a paused schedule': 'unknown',
  'behind a replica': 'paid',
  purging: 'paid',
  healing: 'paid',
};

test.each(Object.entries(forecasts))('a forecast %s: %s', (name, kind) => {
  const facts = factsOf(cases[name] ?? {});
  const [report] = facts.tables;
  expect(report && tableEta(facts, report).kind).toBe(kind);
});

test('what the worker has counts, where the command’s config says something else', () => {
  const own = policyOf(table, { retention: 'P90D', purge: 'disabled' });
  const its = policyOf(table, { retention: 'P60D' });
  const recorded = { hash: 'another', policy: its, recordedAt: '2026-11-22 10:00:00.000000' };
  const ledger = { ...ledgerOf(now, { [table]: [half, ...archivedDays] }), policies: new Map([[table, recorded]]) };
  const report = reportTable(own, '01:30', ledger);
  expect(report).toMatchObject({ purge: 'enabled', retention: 'P60D', debtDays: 8 });
  const text = statusLines({ ...factsOf({}), tables: [report] }, 200)
    .map((line) => line.text)
    .join('\n');
  expect(text).not.toContain('No table is purged');
  expect(text).toContain(
    'has another policy than this config (retention: P60D there, P90D here; purge: enabled there, disabled here)',
  );
});

test('what the checks refuse now is never in order, whatever the ledger says', () => {
  const given = factsOf(cases['in order'] ?? {});
  const [report] = given.tables;
  if (!report) throw new Error('no table');
  const checks = ['there is no such table, or no right to read it'];
  const explained = { report, facts: given, state: tableState(report, given), day: null, checks, events: [] };
  const text = paint(explainLines(explained, 200), false).join('\n');
  expect(text).toMatch(/^bank\.orders: in order by the ledger, but checked as this user it is refused now\n/);
  expect(text).toMatch(/go on +sediment doctor bank\.orders$/);
});

test.each([
  ['no worker is up', { workerHeardSecondsAgo: null }, 'sediment worker'],
  ['no schedule is there', { schedule: null }, 'sediment schedule apply'],
  ['the schedule is paused', { schedule: { paused: true, note: '' } }, 'sediment schedule unpause'],
  ['a run will begin', {}, null],
])('of a table in order the command that has the next run begin, where %s', (_, more, command) => {
  const { ledger } = cases['in order'] ?? {};
  const given = factsOf({ ledger: ledger ?? {}, facts: { temporal: { ...temporal, purges: new Map(), ...more } } });
  const [report] = given.tables;
  if (!report) throw new Error('no table');
  const state = tableState(report, given);
  expect(state.kind).toBe('inOrder');
  expect(explainedCommand({ report, facts: given, state, day: null, checks: [], events: [] })).toBe(command);
});
