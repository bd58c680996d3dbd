import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readBacklog } from '../../../src/ledger/backlog.ts';
import { readUnderWay } from '../../../src/ledger/days/underWay.ts';
import { appendHistory } from '../../../src/ledger/history.ts';
import { recordLook, recordRefusal } from '../../../src/ledger/refusals.ts';
import { addDays, type Day, dayOf } from '../../../src/model/day.ts';
import type { StateKind } from '../../../src/model/tableState.ts';
import { serverNow } from '../../../src/mysql/clock.ts';
import { ledgerStates } from '../../../src/telemetry/tableStates.ts';
import { policyFile, policyText } from '../../support/command.ts';
import { inProcess } from '../../support/inProcess.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** Without Temporal all are drawn from the ledger alone, as the metrics are. */
const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:9' };

let world: World;
let config: string;
/** The newest day whose archive is due for certain, and one that is past every retention. */
let yesterday: Day;
let old: Day;

/** What the ledger has of each table, and the state that it is in by that. */
interface Situation {
  state: StateKind;
  policy?: string;
  firstDay?: () => Day;
  days?: () => Record<string, string>;
  prepare?: (table: { database: string; table: string }) => Promise<void>;
}

const refusal = { reason: 'no primary key', remedy: null, command: null };
const refuse = (work: 'plan' | 'archive' | 'purge', day: () => Day | null) => (table: TableName) =>
  recordRefusal(world.ledger, table, { ...refusal, work, day: day() });
type TableName = { database: string; table: string };
const look = (missingDays: number) => (table: TableName) => recordLook(world.ledger, table, missingDays);

const situations: Record<string, Situation> = {
  untouched: { state: 'neverLookedAt' },
  empty: { state: 'inOrder', prepare: look(0) },
  filled: { state: 'waiting', prepare: look(3) },
  refused: { state: 'refused', prepare: refuse('plan', () => null) },
  refusedday: { state: 'stopped', prepare: refuse('archive', () => yesterday) },
  archivedsince: {
    state: 'inOrder',
    days: () => ({ [yesterday]: 'archived' }),
    prepare: refuse('archive', () => yesterday),
  },
  purgedsince: {
    state: 'inOrder',
    days: () => ({ [old]: 'purged', [yesterday]: 'archived' }),
    firstDay: () => yesterday,
    prepare: refuse('archive', () => old),
  },
  refusedpurge: { state: 'stopped', days: () => ({ [yesterday]: 'archived' }), prepare: refuse('purge', () => null) },
  purgeoff: {
    state: 'inOrder',
    policy: 'purge: disabled',
    days: () => ({ [yesterday]: 'archived' }),
    prepare: refuse('purge', () => null),
  },
  stopped: {
    state: 'stopped',
    days: () => ({ [yesterday]: 'purging' }),
    prepare: async ({ table }) => {
      await world.sql(`UPDATE ${world.ledger.name}.partitions SET stopped = 'rows differ' WHERE table_name = ?`, [
        table,
      ]);
    },
  },
  held: {
    state: 'waiting',
    days: () => ({ [yesterday]: 'archived' }),
    prepare: async ({ database, table }) => {
      await world.sql(`INSERT INTO ${world.ledger.name}.holds (scope, owner, reason) VALUES (?, 'oncall', 'close')`, [
        `${database}.${table}`,
      ]);
    },
  },
  gap: { state: 'waiting', firstDay: () => addDays(yesterday, -2), days: () => ({ [yesterday]: 'archived' }) },
  // What was archived from before the first day, and rows without a day, fill no gap.
  gapwithearlier: {
    state: 'waiting',
    firstDay: () => addDays(yesterday, -1),
    days: () => ({ '0000-00-00': 'archived', [addDays(yesterday, -3)]: 'archived', [yesterday]: 'archived' }),
  },
  due: { state: 'waiting', firstDay: () => yesterday, days: () => ({ [old]: 'archived', [yesterday]: 'archived' }) },
  exporting: { state: 'exporting', days: () => ({ [yesterday]: 'exporting' }) },
  verifying: { state: 'verifying', days: () => ({ [yesterday]: 'exported' }) },
  purging: { state: 'purging', days: () => ({ [yesterday]: 'purging' }) },
  done: { state: 'inOrder', days: () => ({ [yesterday]: 'archived' }) },
};

beforeAll(async () => {
  world = await makeWorld('mysql');
  const today = dayOf(await serverNow(world.session), 'UTC');
  yesterday = addDays(today, -1);
  old = addDays(today, -400);
  for (const [table, { days, firstDay, prepare, policy }] of Object.entries(situations)) {
    await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    world.add({ table, timeColumn: 't', purge: policy ? 'disabled' : 'enabled' });
    if (days) await writeDays(table, days(), firstDay?.() ?? yesterday);
    await prepare?.({ database: world.name, table });
  }
  // A table is due from the schedule's time on: at the day's first minute, so that yesterday is.
  world.config.schedule.at = '00:00';
  const tables = Object.entries(situations).map(
    ([table, { policy = 'purge: enabled' }]) => `{ table: ${world.name}.${table}, timeColumn: t, ${policy} }`,
  );
  config = policyFile(`${policyText({ name: world.name, tables })}schedule: { at: "00:00" }\n`);
});
afterAll(() => world?.close());

async function writeDays(table: string, days: Record<string, string>, firstDay: Day) {
  await world.sql(
    `INSERT INTO ${world.ledger.name}.tables (database_name, table_name, source_name, time_column, zone, prefix, layout, first_day)
     VALUES (?, ?, ?, 't', 'UTC', '', 'hive', ?)`,
    [world.name, table, world.name, firstDay],
  );
  for (const [day, state] of Object.entries(days))
    await world.sql(
      `INSERT INTO ${world.ledger.name}.partitions
         (database_name, table_name, day, state, salt, window_start, window_end, fingerprint, rows_archived)
       VALUES (?, ?, ?, ?, '', '', '', '', 4)`,
      [world.name, table, day, state],
    );
}

test('status, plan, doctor, explain and the metrics draw one state of each table', async () => {
  const expected = Object.fromEntries(
    Object.entries(situations).map(([table, { state }]) => [`${world.name}.${table}`, state]),
  );
  const { name } = world.ledger;
  const now = await serverNow(world.session);
  const backlog = await readBacklog(world.session, name, addDays(dayOf(now, 'UTC'), 1));
  const metrics = ledgerStates(world.config, backlog, await readUnderWay(world.session, name), now);
  expect(Object.fromEntries(metrics)).toEqual(expected);

  const [status, plan, doctor, explained] = await Promise.all([
    inProcess(['status', '--json', '-c', config], nowhere),
    inProcess(['plan', '--json', '-c', config], nowhere),
    inProcess(['doctor', '--json', '-c', config], nowhere),
    inProcess(['explain', `${world.name}.archivedsince`, '--json', '-c', config], nowhere),
  ]);
  expect(kinds(status.stdout)).toEqual(expected);
  expect(kinds(plan.stdout)).toEqual(expected);
  expect(JSON.parse(explained.stdout)).toMatchObject({ state: { kind: 'inOrder' }, command: null });
  const findings: { what: string; level: string; message: string }[] = JSON.parse(doctor.stdout).findings;
  const stopped = findings.filter(({ message }) => /stopped/.test(message)).map(({ what }) => what);
  const wanted = Object.entries(expected).flatMap(([table, state]) => (state === 'stopped' ? [table] : []));
  expect(stopped.sort()).toEqual(wanted.sort());
  expect(findings).toContainEqual(
    expect.objectContaining({ what: `${world.name}.held`, message: expect.stringContaining('sediment resume') }),
  );
});

test('a table whose policy was taken out of the config: status says what is left of it, and its history can be read', async () => {
  const tables = ['done', 'refused'].map((table) => `{ table: ${world.name}.${table}, timeColumn: t }`);
  const less = policyFile(policyText({ name: world.name, tables: tables.slice(0, 1) }));
  const { stdout } = await inProcess(['status', '-c', less], nowhere);
  expect(stdout).toMatch(
    /\.due has no policy in this config, .+: 2 archived days, 8 rows .+\n {2}sediment history \S+\.due\n/,
  );
  expect(stdout).not.toContain(`${world.name}.empty`);
  const history = await inProcess(['history', `${world.name}.refused`, '-c', less], nowhere);
  expect(history).toMatchObject({ code: 0, stdout: expect.stringContaining('no primary key') });
  const typo = await inProcess([
    'history',
    `${world.name}.refusd`,
    '-c',
    policyFile(policyText({ name: world.name, tables })),
  ]);
  expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining(`${world.name}.refused`) });
});

test('a user that sees the ledger and none of the tables: what it couldn’t look at, and never that all is well', async () => {
  const user = `${world.name}u`;
  await world.sql(`CREATE USER '${user}'@'%' IDENTIFIED BY 'looks'`);
  await world.sql(`GRANT SELECT ON ${world.ledger.name}.* TO '${user}'@'%'`);
  const url = `mysql://${user}:looks@127.0.0.1:${inject('stack').mysql.port}`;
  const table = `${world.name}.done`;
  const file = policyFile(policyText({ name: world.name, url, tables: [`{ table: ${table}, timeColumn: t }`] }));
  const [status, document, explained, plan] = [
    await inProcess(['status', '-c', file], nowhere),
    await inProcess(['status', '--json', '-c', file], nowhere),
    await inProcess(['explain', table, '-c', file], nowhere),
    await inProcess(['plan', '-c', file], nowhere),
  ];
  expect(status.stdout).not.toContain('No backlog');
  expect(status.stdout).toContain(`${table}: MySQL shows this user no such table`);
  expect(JSON.parse(document.stdout).unseen).toEqual([table]);
  expect(explained.stdout).toMatch(/in order by the ledger, but checked as this user it is refused now/);
  expect(explained.stdout).toContain(`sediment doctor ${table}`);
  expect(plan.stdout).toContain('no right to read it');
  expect([status.code, document.code, explained.code]).toEqual([1, 1, 1]);
  expect(await inProcess(['pause', table, '--reason', 'x', '-c', file], nowhere)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /done: this pause could not be written, so it holds nothing\. mysql: the user lacks a right.+table 'holds'/,
    ),
  });
});

test('two sources with one ledger: neither takes the other’s tables or events for its own', async () => {
  const other = `${world.name}-other`;
  await world.sql(`UPDATE ${world.ledger.name}.tables SET source_name = ? WHERE table_name IN ('due', 'held')`, [
    other,
  ]);
  await appendHistory(world.ledger, {
    event: 'archived',
    table: { database: world.name, table: 'due' },
    detail: { rows: 4 },
  });
  const done = policyFile(policyText({ name: world.name, tables: [`{ table: ${world.name}.done, timeColumn: t }`] }));
  const { stdout } = await inProcess(['status', '--json', '-c', done], nowhere);
  const unlisted = JSON.parse(stdout).unlisted.map(({ table }: { table: string }) => table);
  expect(unlisted).toContain(`${world.name}.purging`);
  expect(unlisted).not.toContain(`${world.name}.due`);
  expect((await inProcess(['history', '-c', done], nowhere)).stdout).not.toContain(`${world.name}.due `);
  const text = policyText({ name: other, tables: [`{ table: ${world.name}.due, timeColumn: t }`] });
  const due = policyFile(text.replace(`${other}_ledger`, world.ledger.name));
  expect((await inProcess(['history', '-c', due], nowhere)).stdout).toContain(`${world.name}.due  archived: 4 rows`);
  const paused = await inProcess(['pause', '--all', '--reason', 'x', '-c', due], nowhere);
  expect(paused.stdout).toContain(`that of source ${world.name} too, whose tables are held`);
  await world.ledger.dropHold('*');
});

function kinds(document: string): Record<string, StateKind> {
  const { tables } = JSON.parse(document) as {
    tables: { table?: string; report?: { table: string }; state: { kind: StateKind } }[];
  };
  return Object.fromEntries(tables.map((each) => [each.table ?? each.report?.table, each.state.kind]));
}
