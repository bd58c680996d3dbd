import { describe, expect, test } from 'vitest';
import type { PurgeAnswer } from '../../../src/cli/hold/purgeUpdates.ts';
import type { StatusFacts } from '../../../src/cli/status/facts.ts';
import { tableState } from '../../../src/cli/status/tableState.ts';
import { reportTable } from '../../../src/cli/status/tableStatus.ts';
import { heldLine, pauseLines, purgeLines, resumeLines } from '../../../src/cli/text/pauseText.ts';
import { type PlannedTable, planLines } from '../../../src/cli/text/planText.ts';
import { statusLines } from '../../../src/cli/text/statusText.ts';
import { tableLines } from '../../../src/cli/text/tableText.ts';
import { paint } from '../../../src/cli/text/terminal.ts';
import type { Day } from '../../../src/model/day.ts';
import { dayReport, ledgerOf, policyOf } from '../../support/reports.ts';

const now = '2026-11-22T12:00:00.000000Z';
const idle = {
  unreachable: null,
  workerHeardSecondsAgo: 3,
  purges: new Map(),
  archives: new Map(),
  schedule: { paused: false, note: '' },
};
const running = { activity: 'purgeSlice', day: null, attempt: 1, failure: null, failedAt: null };

/** Five tables, each in another plight. */
function facts(): StatusFacts {
  const ledger = ledgerOf(now, {
    'bank.transactions': [
      dayReport('2026-09-14', 'purged', { rowsArchived: 400_000, rowsDeleted: 400_000 }),
      dayReport('2026-09-15', 'purging', {
        rowsArchived: 4_000_000,
        rowsDeleted: 2_840_000,
        plainBytes: 700_000_000,
        cursor: ['2026-09-15 13:22:10.004311', '88121233'],
      }),
      ...['16', '17', '18', '19', '20', '21', '22'].map((day) =>
        dayReport(`2026-09-${day}`, 'archived', { rowsArchived: 4_000_000, plainBytes: 700_000_000 }),
      ),
    ],
    'bank.audit_log': [
      dayReport('2026-09-14', 'purged', { rowsArchived: 10, rowsDeleted: 10 }),
      dayReport('2026-09-15', 'purging', {
        rowsArchived: 100,
        rowsDeleted: 40,
        stopped:
          'bank.audit_log 2026-09-15: rows changed since they were archived (3 rows in the table, 4 in the archive); nothing of them was deleted',
      }),
    ],
    'bank.sessions': [dayReport('2026-11-20', 'archived', { rowsArchived: 7 })],
    'bank.card_events': [],
  });
  const policies = ['transactions', 'audit_log', 'sessions', 'card_events'].map((table) =>
    policyOf(`bank.${table}`, { retention: 'P60D' }),
  );
  const held = {
    ...ledger,
    firstDays: new Map([['bank.sessions', '2026-11-20' as Day]]),
    holds: [
      {
        scope: 'bank.sessions',
        owner: 'oncall-dba',
        reason: 'month-end close',
        since: '2026-11-22T11:00:00.000000Z',
        until: '2026-11-22T14:00:00.000000Z',
      },
    ],
  };
  return {
    now,
    source: 'bank',
    tables: policies.map((policy) => reportTable(policy, '01:30', held)),
    temporal: { ...idle, purges: new Map([['bank.transactions', running]]) },
    rates: new Map([['bank.transactions', { rowsPerSecond: 18_400, seconds: 300 }]]),
    spent: new Map(),
    missingRows: new Map(),
    bounds: new Map(),
  };
}

describe.each([80, 200])('at %i columns', (width) => {
  test('status fits and says the worst first', () => {
    const lines = paint(statusLines(facts(), width), false);
    expect(lines.join('\n')).toMatchSnapshot();
    for (const line of lines.filter((each) => !each.includes('sediment ')))
      expect([...line].length).toBeLessThanOrEqual(width);
  });

  test('a purge that is held says by what: while it works, and while it waits', () => {
    const [report] = facts().tables;
    const shares = {
      ...{ seconds: 631, rows: 1_200_000, deleting: 0.52, held: 0.43, closedSeconds: 32 },
      heldBy: [
        { by: 'replica db-2 lag', share: 0.38 },
        { by: 'window', share: 0.05 },
      ],
    };
    const reason = 'replica db-2 is 4.2 s behind, limit 1 s';
    const wait = { by: 'replicaLagSeconds replica db-2', reason, since: '2026-11-22T11:57:50.000000Z' };
    for (const spent of [
      { shares, wait: null, impact: null },
      { shares, wait, impact: null },
    ]) {
      const status: StatusFacts = {
        ...facts(),
        tables: report ? [report] : [],
        spent: new Map([['bank.transactions', spent]]),
      };
      const lines = tableLines(
        { status, days: [], firstDay: '2026-09-15' as Day, lastDue: '2026-09-15' as Day },
        width,
      );
      expect(paint(lines, false).slice(0, 16).join('\n')).toMatchSnapshot();
    }
  });

  test('status without Temporal, and without a worker, says so', () => {
    const base = facts();
    const down = {
      ...base,
      temporal: { ...idle, unreachable: 'temporal: no server answers at 127.0.0.1:7233', workerHeardSecondsAgo: null },
    };
    expect(paint(statusLines(down, width), false).slice(-2).join('\n')).toMatchSnapshot();
    const nobody = { ...base, temporal: { ...idle, workerHeardSecondsAgo: 190 } };
    expect(paint(statusLines(nobody, width), false).slice(-2).join('\n')).toMatchSnapshot();
  });

  test('one table shows its days as a calendar', () => {
    const days = [
      dayReport('2026-09-29', 'purged', { rowsArchived: 5, rowsDeleted: 5 }),
      dayReport('2026-09-30', 'purging', {
        rowsArchived: 1_204_311,
        rowsDeleted: 4,
        cursor: ['2026-09-30 13:22:10.004311', '88121233'],
      }),
      dayReport('2026-10-01', 'archived', { rowsArchived: 5, objects: 2, rowsHealed: 3, leftRows: 1 }),
      dayReport('2026-10-02', 'archived'),
      dayReport('2026-10-03', 'exporting'),
    ];
    const ledger = ledgerOf(now, { 'bank.orders': days });
    const status: StatusFacts = { ...facts(), tables: [reportTable(policyOf('bank.orders'), '01:30', ledger)] };
    const lines = tableLines({ status, days, firstDay: '2026-09-29' as Day, lastDue: '2026-10-05' as Day }, width);
    expect(paint(lines, false).join('\n')).toMatchSnapshot();
  });

  test('plan', () => {
    const status = facts();
    const { tables } = status;
    const plan = (index: number, parts: Partial<PlannedTable>): PlannedTable => ({
      report: tables[index] as PlannedTable['report'],
      policy: policyOf(tables[index]?.table ?? '', { retention: 'P60D' }),
      refused: null,
      state: tableState(tables[index] as PlannedTable['report'], status),
      command: null,
      warnings: [],
      archive: null,
      purge: null,
      deletes: null,
      ...parts,
    });
    const days = { count: 8, from: '2026-09-15' as Day, to: '2026-09-22' as Day, rows: 3_100_000, bytes: 560e6 };
    const deletes: PlannedTable['deletes'] = {
      index: 'k_created',
      columns: ['created_at', 'id'],
      timeType: 'datetime(6)',
      statement: 'DELETE FROM `bank`.`transactions` WHERE …',
      explain: { access: 'range', index: 'k_created', rows: 400_000 },
      pace: { rowsPerSecond: 900, seconds: 3_000 },
      paceFrom: 'seen',
    };
    const lines = planLines(
      [
        plan(0, { archive: { ...days, count: 3 }, purge: days, deletes }),
        plan(1, {
          command: 'sediment heal bank.audit_log --day 2026-09-15',
          refused: 'ON DELETE CASCADE from bank.addresses would change rows that are not archived',
        }),
        plan(2, { purge: days, deletes: { ...deletes, pace: null, explain: { access: 'ALL', index: null, rows: 9 } } }),
      ],
      width,
      now,
    );
    expect(paint(lines, false).join('\n')).toMatchSnapshot();
  });
});

test('a pause says the hold first, then where the purge stopped, when it ends, and what stood before', () => {
  const report = facts().tables[0] as StatusFacts['tables'][number];
  const pause = {
    scope: 'bank.transactions',
    now,
    until: '2026-11-22T14:00:00.000000Z',
    exports: false,
    replaced: null,
    reports: [report],
  };
  expect(heldLine('bank.transactions')).toMatchInlineSnapshot(
    `"bank.transactions is held in the ledger: no delete begins from now on."`,
  );
  expect(pauseLines(pause).join('\n')).toMatchInlineSnapshot(`
    "bank.transactions paused in 2026-09-15 at 2026-09-15 13:22:10.004311 / 88121233, nothing in flight, 1,160,000 rows of this day left.
    Resumes by itself at 14:00 UTC (2h). Earlier: sediment resume bank.transactions"
  `);
  expect([heldLine('*'), ...pauseLines({ ...pause, scope: '*', until: null })].join('\n')).toMatchInlineSnapshot(`
    "Every table is held in the ledger: no delete begins from now on.
    All tables paused (1 table of the config), nothing in flight.
    bank.transactions paused in 2026-09-15 at 2026-09-15 13:22:10.004311 / 88121233, nothing in flight, 1,160,000 rows of this day left.
    Stays so until: sediment resume --all"
  `);
});

test('what each purge workflow answered to a pause follows, a reason for many of them once', () => {
  const why = 'no worker answered within 5 s';
  const told = (paused: object | null) => ({ kind: 'told', answer: { paused, deleted: 1_204 } }) as PurgeAnswer;
  const answers = new Map<string, PurgeAnswer>([
    ['bank.transactions', told({ owner: 'dba', reason: 'lunch' })],
    ['bank.orders', told(null)],
    ['bank.idle', { kind: 'notRunning' }],
    ['bank.one', { kind: 'untold', why, queued: true }],
    ['bank.other', { kind: 'untold', why, queued: true }],
    ['bank.unreached', { kind: 'untold', why: 'temporal: no server answers', queued: false }],
  ]);
  expect(purgeLines(answers).join('\n')).toMatchInlineSnapshot(`
    "bank.transactions: its purge waits, with no slice in flight; it has deleted 1,204 rows.
    bank.orders: its purge goes on, because the hold was released meanwhile.
    The ledger holds it; the purge workflow hears of it once a worker is up: no worker answered within 5 s.
    The ledger holds it; the purge workflow itself wasn't told: temporal: no server answers."
  `);
});

test('a resume says which table goes on, which is still held, and which purge doesn’t know of it', () => {
  const report = facts().tables[0] as StatusFacts['tables'][number];
  const dropped = { scope: '*', owner: 'dba', reason: 'lunch', since: '2026-11-22T11:00:00Z', until: null };
  const own = { ...dropped, scope: report.table };
  const untold = { kind: 'untold', why: 'no worker answered within 5 s' } as const;
  const tables = [
    { report, purge: { kind: 'told', answer: {} } as PurgeAnswer },
    { report: { ...report, hold: own }, purge: { kind: 'notRunning' } as const },
    { report, purge: { ...untold, queued: true } },
    { report, purge: { ...untold, queued: false } },
    { report: { ...report, purging: null }, purge: { kind: 'notRunning' } as const },
  ];
  expect(resumeLines({ scope: '*', now, dropped, tables }).join('\n')).toMatchInlineSnapshot(`
    "Every table goes on; it was paused by dba since 11:00 UTC: "lunch".
    bank.transactions goes on in 2026-09-15, 1,160,000 rows of this day left.
    bank.transactions is still held by dba: "lunch". Go on with: sediment resume bank.transactions
    bank.transactions: its purge goes on once a worker is up: no worker answered within 5 s.
    bank.transactions: its purge wasn't told (no worker answered within 5 s), and may wait until it is. Say it again: sediment resume --all
    bank.transactions: no purge is open; the next daily run starts it."
  `);
  expect(resumeLines({ scope: '*', now, dropped: null, tables: [] })).toEqual([
    'There was no pause of all tables; nothing was changed.',
  ]);
});

describe('status tells nothing that it doesn’t know', () => {
  const all = (facts: StatusFacts) => statusLines(facts, 200).map(({ text }) => text);
  const never = { rowsPerSecond: 0, seconds: 300 };
  const only = (table: string, changes: Partial<StatusFacts> = {}): StatusFacts => {
    const found = facts();
    return { ...found, tables: found.tables.filter((each) => each.table === table), ...changes };
  };

  test('of a table that was never archived it doesn’t say that nothing is due', () => {
    const lines = all(only('bank.card_events')).join('\n');
    expect(lines).toMatch(/bank\.card_events +- +- +\? /);
    expect(lines).toContain('Backlog unknown: 1 table was never archived');
    expect(lines).not.toContain('No backlog');
  });

  test('no forecast while no worker is up, and none under a pause', () => {
    const rates = new Map([['bank.transactions', never]]);
    expect(all(only('bank.transactions', { rates })).join('\n')).toContain('never within its policy');
    const alone = { ...idle, workerHeardSecondsAgo: null };
    expect(all(only('bank.transactions', { rates, temporal: alone })).join('\n')).not.toContain('never within');
    const held = only('bank.transactions', { rates });
    const [report] = held.tables;
    const hold = { scope: '*', owner: 'ada', reason: 'lunch', since: now, until: null };
    const paused = report ? [{ ...report, hold }] : [];
    expect(all({ ...held, tables: paused }).join('\n')).not.toContain('never within');
  });

  test('a backlog that a purge just keeps up with doesn’t grow by -0 rows', () => {
    const found = only('bank.transactions', { rates: new Map([['bank.transactions', never]]) });
    const [report] = found.tables;
    const tables = report ? [{ ...report, inflowRowsPerDay: 0 }] : [];
    const lines = all({ ...found, tables }).join('\n');
    expect(lines).toContain('the backlog stays as it is');
    expect(lines).not.toContain('grows by');
  });

  test('a worker that was shut down is no failure: the work waits for the next one', () => {
    const run = { ...running, attempt: 2, failure: 'Worker is shutting down', failedAt: '2026-11-22T11:58:00Z' };
    const lines = all(
      only('bank.transactions', { temporal: { ...idle, purges: new Map([['bank.transactions', run]]) } }),
    ).join('\n');
    expect(lines).toContain('2026-09-15 waits for a worker: the last one was shut down at 11:58 UTC');
    expect(lines).not.toContain('failed');
  });
});
