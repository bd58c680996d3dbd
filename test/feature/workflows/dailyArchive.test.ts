import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { applySchedule, scheduleId } from '../../../src/schedules.ts';
import { startWorkers } from '../../../src/worker.ts';
import { archiveTable } from '../../../src/workflows/index.ts';
import { pauseUpdate, resumeUpdate } from '../../../src/workflows/purge/messages.ts';
import { quietRuntime } from '../../support/quietRuntime.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let client: Client;
let connection: Connection;
let workers: Awaited<ReturnType<typeof startWorkers>>;
let namespace: string;

beforeAll(async () => {
  quietRuntime();
  const { temporal } = inject('stack');
  world = await makeWorld('mysql');
  namespace = world.name;
  connection = await Connection.connect({ address: temporal.address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  client = new Client({ connection, namespace });
  workers = await startWorkers(world.config, {
    address: temporal.address,
    namespace,
    bundle: { codePath: inject('bundle') },
  });
});

afterAll(async () => {
  workers?.shutdown();
  await workers?.run;
  await connection?.close();
  world?.close();
});

/** A table with ten rows a day on each of the days. */
async function fill(table: string, days: readonly string[]): Promise<void> {
  await world.sql(
    `CREATE TABLE ${world.name}.${table} (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(40), t DATETIME(6) NOT NULL, KEY (t))`,
  );
  world.add({ table, timeColumn: 't', retention: 'P30D' });
  for (const day of days)
    for (let row = 0; row < 10; row++)
      await world.sql(`INSERT INTO ${world.name}.${table} (note, t) VALUES ('n${row}', '${day} 10:00:00')`);
}

test('a schedule backfill of three days archives those three days and no other (P56)', async () => {
  await fill('orders', ['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04', '2026-10-05']);
  expect(await applySchedule(client, world.config)).toMatchObject({ what: 'created' });
  expect(await applySchedule(client, world.config)).toMatchObject({ what: 'unchanged', changes: [] });
  const handle = client.schedule.getHandle(scheduleId(world.config.source.name));
  await handle.backfill({
    start: new Date('2026-10-03T00:00:00Z'),
    end: new Date('2026-10-05T23:00:00Z'),
    overlap: ScheduleOverlapPolicy.BUFFER_ALL,
  });
  await expect
    .poll(
      async () => (await world.ledger.days(world.name, 'orders')).filter((day) => day.state === 'archived').length,
      {
        timeout: 50_000,
      },
    )
    .toBe(3);
  // The runs are closed, so nothing more can come.
  await expect
    .poll(async () => (await client.workflowService.listOpenWorkflowExecutions({ namespace })).executions?.length, {
      timeout: 30_000,
    })
    .toBe(0);
  const days = await world.ledger.days(world.name, 'orders');
  expect(days.map(({ day, rowsArchived }) => [day, rowsArchived])).toEqual([
    ['2026-10-02', 10],
    ['2026-10-03', 10],
    ['2026-10-04', 10],
  ]);
  await handle.delete();
});

test('a paused purge deletes nothing and says so; resumed, it goes on to the end', async () => {
  await fill('paused', ['2026-09-01', '2026-09-02']);
  const table = `${world.name}.paused`;
  for (const day of ['2026-09-01', '2026-09-02'])
    await client.workflow.execute(archiveTable, {
      taskQueue: 'sediment',
      workflowId: `archive/${day}`,
      args: [{ source: world.config.source.name, table, day }],
    });
  const hold = { scope: table, owner: 'test', reason: 'not yet', until: null };
  await world.ledger.putHold(hold);
  const handle = await client.workflow.start('purgeTable', {
    taskQueue: 'sediment',
    workflowId: 'purge/paused',
    args: [{ source: world.config.source.name, table, cutoff: '2026-10-01' }],
  });
  const answer = await handle.executeUpdate(pauseUpdate, { args: [{ owner: 'oncall', reason: 'month-end close' }] });
  expect(answer).toMatchObject({ held: 'paused by oncall: month-end close' });
  await world.ledger.dropHold(table);
  const [before] = await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.paused`);
  expect(Number(before?.number)).toBe(20);
  await expect(handle.executeUpdate('pause', { args: [{ owner: 'oncall' }] })).rejects.toThrow();
  await handle.executeUpdate(resumeUpdate);
  await handle.result();
  const days = await world.ledger.days(world.name, 'paused');
  expect(days.map((day) => [day.state, day.rowsDeleted])).toEqual([
    ['purged', 10],
    ['purged', 10],
  ]);

  const history = await handle.fetchHistory();
  await Worker.runReplayHistory({ workflowBundle: { codePath: inject('bundle') } }, history);
});

test('a source whose ledger isn’t there yet: a worker makes it, so that a backfill may come first', async () => {
  const { temporal } = inject('stack');
  const fresh = await makeWorld('mysql', { ledger: false });
  await fresh.sql(`CREATE TABLE ${fresh.name}.first (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  await fresh.sql(`INSERT INTO ${fresh.name}.first VALUES (1, '2026-01-05 10:00:00')`);
  fresh.add({ table: 'first', timeColumn: 't' });
  const own = await startWorkers(fresh.config, {
    address: temporal.address,
    namespace,
    bundle: { codePath: inject('bundle') },
  });
  const archived = client.workflow.execute(archiveTable, {
    taskQueue: 'sediment',
    workflowId: 'archive/first',
    workflowExecutionTimeout: '20s',
    args: [{ source: fresh.name, table: `${fresh.name}.first`, day: '2026-01-05' }],
  });
  await expect(archived).resolves.toMatchObject({ rows: 1, alreadyArchived: false });
  own.shutdown();
  await own.run;
  fresh.close();
});
