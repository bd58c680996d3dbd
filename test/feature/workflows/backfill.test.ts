import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startWorkers } from '../../../src/worker.ts';
import type { BackfillResult } from '../../../src/workflows/backfill.ts';
import { failureText } from '../../../src/workflows/failureText.ts';
import { backfillId } from '../../../src/workflows/ids.ts';
import { backfill } from '../../../src/workflows/index.ts';
import { quietRuntime } from '../../support/quietRuntime.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let connection: Connection;
let client: Client;
let workers: Awaited<ReturnType<typeof startWorkers>>;

beforeAll(async () => {
  quietRuntime();
  const { address } = inject('stack').temporal;
  world = await makeWorld('mysql');
  for (const table of ['orders', 'events']) {
    await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    for (let day = 1; day <= 6; day++)
      await world.sql(`INSERT INTO ${world.name}.${table} VALUES (${day}, '2026-08-0${day} 10:00:00')`);
    world.add({ table, timeColumn: 't', retention: 'P7D' });
  }
  await world.sql(`CREATE TABLE ${world.name}.keyless (id INT, t DATETIME NOT NULL, KEY (t))`);
  world.add({ table: 'keyless', timeColumn: 't' });
  connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace: world.name,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  client = new Client({ connection, namespace: world.name });
  workers = await startWorkers(world.config, {
    address,
    namespace: world.name,
    bundle: { codePath: inject('bundle') },
  });
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.run;
  await connection?.close();
  world?.close();
});

let started = 0;
const run = (input: object): Promise<BackfillResult> =>
  client.workflow.execute(backfill, {
    taskQueue: 'sediment',
    workflowId: `backfill/${started++}`,
    args: [{ source: world.name, from: '2026-08-02', to: '2026-08-04', ...input }],
  });
const refusal = (input: object) =>
  run(input).then(
    () => 'taken',
    (error) => failureText(error),
  );

test('a backfill archives its range and purges nothing; a second one is a no-op that says so', async () => {
  const first = await run({});
  expect(first).toMatchObject({ archivedDays: 6, alreadyArchived: 0, rows: 6, tablesFailed: 0, tablesRefused: 1 });
  expect(first.tables[`${world.name}.orders`]).toMatchObject({ days: 3, archived: 3, rows: 3 });
  expect(first.tables[`${world.name}.keyless`]?.refused).toContain('no primary key');
  const second = await run({});
  expect(second.summary).toBe('2026-08-02 to 2026-08-04: nothing to do, 6 days are archived already; 1 tables refused');
  expect(second).toMatchObject({ archivedDays: 0, alreadyArchived: 6 });
  const days = await world.ledger.days(world.name, 'orders');
  expect(days.map(({ day, state }) => [day, state])).toEqual(
    ['2026-08-02', '2026-08-03', '2026-08-04'].map((day) => [day, 'archived']),
  );
});

test('only the tables that are asked for, each once; two backfills at once archive each day once', async () => {
  const tables = [`${world.name}.orders`, `${world.name}.orders`];
  const range = { from: '2026-08-05', to: '2026-08-06', tables };
  const [one, other] = await Promise.all([run(range), run(range)]);
  expect(one.archivedDays + other.archivedDays).toBe(2);
  expect(one.tablesFailed + other.tablesFailed).toBe(0);
  expect((await world.ledger.days(world.name, 'events')).map((each) => each.day)).not.toContain('2026-08-05');
});

test('wrong input is refused at the door with what was expected, and nothing is started (P79)', async () => {
  expect(await refusal({ from: '2026-08-04', to: '2026-08-02' })).toContain('from 2026-08-04 is after to 2026-08-02');
  expect(await refusal({ from: '2026-02-30' })).toContain('from: "2026-02-30" isn\'t a day of the calendar');
  expect(await refusal({ to: undefined })).toContain('to is missing');
  expect(await refusal({ table: 'x' })).toContain('no such field: table. Known are source, from, to, tables');
  expect(await refusal({ concurrency: 0 })).toContain("concurrency: 0 isn't a whole number from 1 to 100");
  expect(await refusal({ tables: [`${world.name}.order`] })).toContain(`Did you mean ${world.name}.orders?`);
  expect(await refusal({ from: '2026-08-05', to: '2999-01-01' })).toContain("2999-01-01 isn't over yet");
  const before = { from: '2026-07-01', to: '2026-07-02', tables: [`${world.name}.orders`] };
  expect((await run(before)).tables[`${world.name}.orders`]?.refused).toBe('its first day is 2026-08-01');
  const { count } = await client.workflowService.countWorkflowExecutions({
    namespace: world.name,
    query: "WorkflowType = 'archiveTable' AND WorkflowId STARTS_WITH 'archive/' AND ExecutionStatus = 'Failed'",
  });
  expect(Number(count)).toBe(0);
});

test('temporal workflow start does the same job', async () => {
  const { address, cli } = inject('stack').temporal;
  const input = JSON.stringify({
    source: world.name,
    from: '2026-08-01',
    to: '2026-08-01',
    tables: [`${world.name}.events`],
  });
  const arguments_ = ['--type', 'backfill', '--task-queue', 'sediment', '--workflow-id', 'by-hand', '--input', input];
  await promisify(execFile)(cli, ['workflow', 'start', '--address', address, '--namespace', world.name, ...arguments_]);
  const result = await client.workflow.getHandle<typeof backfill>('by-hand').result();
  expect(result).toMatchObject({ archivedDays: 1, rows: 1 });
});

test('the id of a backfill tells its range and tables, whatever their order, and never grows too long', () => {
  const id = (tables?: string[]) => backfillId('bank', '2026-08-01', '2026-08-02', tables);
  expect(id()).toBe('backfill/bank/2026-08-01..2026-08-02/all');
  expect(id(['s.b', 's.a', 's.a'])).toBe('backfill/bank/2026-08-01..2026-08-02/s.a,s.b');
  const many = Array.from({ length: 500 }, (_, index) => `shop.table${index}`);
  expect(id(many).length).toBeLessThan(100);
  expect(id(many)).toBe(id([...many].reverse()));
  expect(id(many)).not.toBe(id(many.slice(1)));
});
