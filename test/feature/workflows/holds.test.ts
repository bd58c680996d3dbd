import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { startWorkers } from '../../../src/worker.ts';
import { purgeTable } from '../../../src/workflows/index.ts';
import {
  type PurgeProgress,
  pauseUpdate,
  progress,
  resumeUpdate,
  setPaceUpdate,
} from '../../../src/workflows/purge/messages.ts';
import { makeScene, type Scene } from '../../support/temporalScene.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';
const rows = 6_000;
/** Above what the first transaction would take of smaller ones: four transactions, at 300 rows a second 5 s apart. */
const chunkRows = 1_500;
/** PENDING_ACTIVITY_STATE_PAUSED */
const paused = 4;
let world: World;
let scene: Scene;
let workers: Awaited<ReturnType<typeof startWorkers>>;

beforeAll(async () => {
  [world, scene] = [await makeWorld('mysql'), await makeScene()];
  const { address } = inject('stack').temporal;
  const { namespace } = scene;
  workers = await startWorkers(world.config, { address, namespace, bundle: { codePath: inject('bundle') } });
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.run;
  await scene?.close();
  world?.close();
});

/** A day of so many rows, archived. */
async function archivedDay(table: string): Promise<string> {
  await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  const values = Array.from({ length: rows }, (_, id) => `(${id}, '${day}' + INTERVAL ${id} SECOND)`);
  await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${values.join(',')}`);
  world.add({ table, timeColumn: 't', chunkRows });
  const input = { table: `${world.name}.${table}`, day };
  await exportPartition(world.source, input, world.attempt);
  await verifyPartition(world.source, input, world.attempt);
  await commitManifest(world.source, input, world.attempt);
  return input.table;
}

const left = async (table: string) => Number((await world.sql(`SELECT COUNT(*) AS number FROM ${table}`))[0]?.number);
/** At a pace that doesn't end before the test has looked. */
const start = async (table: string, workflowId: string) => {
  const handle = await scene.client.workflow.start(purgeTable, {
    taskQueue: 'sediment',
    workflowId,
    args: [
      {
        source: world.name,
        table,
        cutoff: '2026-06-01',
        carried: { rejected: [], day: null, deleted: 0, slices: 0, pace: { rowsPerSecond: 300 } },
      },
    ],
  });
  return handle;
};

test('a pause holds the table in the ledger: no later purge deletes either, and a resume goes on to the end (P80)', async () => {
  const table = await archivedDay('held');
  const handle = await start(table, 'purge/held');
  await expect.poll(() => left(table), { timeout: 20_000 }).toBeLessThan(rows);
  const answer = await handle.executeUpdate(pauseUpdate, { args: [{ owner: 'oncall', reason: 'month-end close' }] });
  const remaining = await left(table);
  expect(remaining).toBeGreaterThan(0);
  expect(answer).toMatchObject({ day, rowsLeft: remaining, paused: { owner: 'oncall' } });
  expect(answer.summary).toContain(`${remaining.toLocaleString('en')} rows of ${day} left; by oncall: month-end close`);
  expect(await world.ledger.activeHold({ database: world.name, table: 'held' })).toMatchObject({ owner: 'oncall' });
  const second = await start(table, 'purge/second');
  await expect
    .poll(async () => (await second.query<PurgeProgress>(progress)).held, { timeout: 10_000 })
    .toBe('oncall: month-end close');
  expect(await left(table)).toBe(remaining);
  await second.terminate();
  await handle.executeUpdate(setPaceUpdate, { args: [null] });
  expect(await handle.executeUpdate(resumeUpdate)).toMatchObject({ paused: null });
  await handle.result();
  expect(await left(table)).toBe(0);
  expect(await world.ledger.activeHold({ database: world.name, table: 'held' })).toBeUndefined();
});

test('temporal activity pause stops the slice, and no other begins until it is unpaused (P60)', async () => {
  const table = await archivedDay('paused');
  const handle = await start(table, 'purge/paused');
  await expect.poll(() => left(table), { timeout: 20_000 }).toBeLessThan(rows);
  const { address, cli } = inject('stack').temporal;
  const pending = async () => (await handle.describe()).raw.pendingActivities?.[0];
  const activityId = String((await pending())?.activityId);
  const temporal = (...given: string[]) =>
    promisify(execFile)(cli, [
      'activity',
      ...given,
      '--workflow-id',
      'purge/paused',
      '--activity-id',
      activityId,
      '--address',
      address,
      '--namespace',
      scene.namespace,
    ]);
  await temporal('pause');
  // The slice has ended its attempt and stands there, paused; it hasn't completed.
  await expect
    .poll(async () => [(await pending())?.activityId, (await pending())?.state], { timeout: 20_000 })
    .toEqual([activityId, paused]);
  expect(await left(table)).toBeGreaterThan(0);
  await temporal('unpause');
  await handle.executeUpdate(setPaceUpdate, { args: [null] });
  await handle.result();
  expect(await left(table)).toBe(0);
});

test('a worker that is shut down hands its slice over: the next one ends the purge', async () => {
  const table = await archivedDay('handed');
  const handle = await start(table, 'purge/handed');
  await expect.poll(() => left(table), { timeout: 20_000 }).toBeLessThan(rows);
  workers.shutdown();
  await workers.run;
  const { address } = inject('stack').temporal;
  workers = await startWorkers(world.config, {
    address,
    namespace: scene.namespace,
    bundle: { codePath: inject('bundle') },
  });
  await handle.executeUpdate(setPaceUpdate, { args: [null] });
  await handle.result();
  expect(await left(table)).toBe(0);
});
