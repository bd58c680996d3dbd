import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Day } from '../../../src/model/day.ts';
import type { TablePlan } from '../../../src/plan/planPage.ts';
import { archiveId, purgeId } from '../../../src/workflows/ids.ts';
import { dailyArchive, type purgeTable } from '../../../src/workflows/index.ts';
import { gate, idleActivities, makeScene, type Scene } from '../../support/temporalScene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});
afterEach(() => scene.close());

const day = '2026-10-01' as Day;
const due = (table: string, cutoff?: string): TablePlan => ({
  table,
  days: [{ from: day, to: day }],
  ...(cutoff ? { cutoff: cutoff as Day } : {}),
});
const start = (input: object = {}) =>
  scene.client.workflow.start(dailyArchive, {
    taskQueue: 'sediment',
    workflowId: `daily/${scene.source}/${day}`,
    args: [{ source: scene.source, day, ...input }],
  });

test('one table’s endless retry: the others are archived, the run closes at its time, names it, and leaves it to go on (P82)', async () => {
  const mended = gate();
  await scene.work({
    ...idleActivities,
    planDay: async () => ({
      tables: ['shop.a', 'shop.bad', 'shop.c'].map((table) => due(table)),
      searchAttributes: false,
    }),
    exportPartition: async ({ table }) => {
      if (table === 'shop.bad') await mended.promise;
      return { rows: 10, parts: 1, archived: false };
    },
  });
  const handle = await start({ concurrency: 1, timeouts: { closeMillis: 12_000, patienceMillis: 200 } });
  const result = await handle.result();
  expect(result).toMatchObject({ archivedDays: 2, failed: {}, unfinished: [`shop.bad ${day}: still running`] });
  const child = scene.client.workflow.getHandle(archiveId(scene.source, 'shop.bad', day));
  expect((await child.describe()).status.name).toBe('RUNNING');
  mended.open();
  await expect(child.result()).resolves.toMatchObject({ rows: 10 });
});

test('a day that another run has in hand is neither done nor failed', async () => {
  const other = gate();
  await scene.work({
    ...idleActivities,
    planDay: async () => ({ tables: [due('shop.a'), due('shop.b')], searchAttributes: false }),
    exportPartition: async ({ table }) => {
      if (table === 'shop.a') await other.promise;
      return { rows: 10, parts: 1, archived: false };
    },
  });
  const child = await scene.client.workflow.start('archiveTable', {
    taskQueue: 'sediment',
    workflowId: archiveId(scene.source, 'shop.a', day),
    args: [{ source: scene.source, table: 'shop.a', day }],
  });
  const result = await (await start()).result();
  expect(result).toMatchObject({ archivedDays: 1, failed: {}, elsewhere: { 'shop.a': [day] } });
  other.open();
  await child.result();
});

test('one table’s failure is that table’s; where every table fails the run fails', async () => {
  await scene.work({
    ...idleActivities,
    planDay: async ({ day: asked }) => ({
      tables: asked === day ? [due('shop.a'), due('shop.bad')] : [due('shop.bad')],
      searchAttributes: false,
    }),
    exportPartition: async ({ table }) => {
      if (table === 'shop.bad') throw ApplicationFailure.nonRetryable('the bucket says 403', 'Stopped');
      return { rows: 10, parts: 1, archived: false };
    },
  });
  expect(await (await start()).result()).toMatchObject({
    archivedDays: 1,
    failed: { 'shop.bad': `${day}: the bucket says 403` },
  });
  await expect((await start({ day: '2026-10-02' })).result()).rejects.toMatchObject({
    cause: { type: 'EveryTableFailed' },
  });
});

test('a procedure that can’t be created is its table’s failure: archived, and no purge is started', async () => {
  await scene.work({
    ...idleActivities,
    deployProcedures: async () => ({
      created: 1,
      present: 0,
      removed: 0,
      failed: { 'shop.a': 'CREATE ROUTINE denied' },
    }),
    planDay: async () => ({
      tables: [due('shop.a', '2026-08-01'), due('shop.b', '2026-08-01')],
      searchAttributes: false,
    }),
  });
  const result = await (await start()).result();
  expect(result).toMatchObject({ archivedDays: 2, failed: { 'shop.a': 'procedure: CREATE ROUTINE denied' } });
  await scene.client.workflow.getHandle(purgeId(scene.source, 'shop.b')).result();
  await expect(scene.client.workflow.getHandle(purgeId(scene.source, 'shop.a')).describe()).rejects.toThrow(
    /not found/,
  );
});

test('cancelling the daily run cancels its exports and not the purge that it started (P84)', async () => {
  const [purging, archiving, purged] = [gate(), gate(), gate()];
  await scene.work({
    ...idleActivities,
    planDay: async () => ({ tables: [due('shop.a', '2026-08-01'), due('shop.slow')], searchAttributes: false }),
    exportPartition: async ({ table }) => {
      if (table === 'shop.slow') {
        archiving.open();
        const timer = setInterval(() => Context.current().heartbeat(), 50);
        await Context.current().cancelled.finally(() => clearInterval(timer));
      }
      return { rows: 10, parts: 1, archived: false };
    },
    purgeSlice: async () => {
      purging.open();
      await purged.promise;
      return { done: true, deleted: 7 };
    },
  });
  const handle = await start();
  await Promise.all([purging.promise, archiving.promise]);
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  const slow = scene.client.workflow.getHandle(archiveId(scene.source, 'shop.slow', day));
  await expect(slow.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  purged.open();
  const purge = scene.client.workflow.getHandle<typeof purgeTable>(purgeId(scene.source, 'shop.a'));
  await expect(purge.result()).resolves.toMatchObject({ deleted: 7 });
});

test('a purge that runs gets the later cutoff; one that has closed is started again (P83)', async () => {
  const [first, entered] = [gate(), gate()];
  const cutoffs: string[] = [];
  let cutoff = '2026-08-01';
  await scene.work({
    ...idleActivities,
    planDay: async () => ({ tables: [due('shop.a', cutoff)], searchAttributes: false }),
    purgeSlice: async (input) => {
      cutoffs.push(input.cutoff);
      entered.open();
      await first.promise;
      return { done: true, deleted: 0 };
    },
  });
  await (await start()).result();
  await entered.promise;
  cutoff = '2026-08-02';
  await (await start()).result();
  first.open();
  const purge = scene.client.workflow.getHandle<typeof purgeTable>(purgeId(scene.source, 'shop.a'));
  // The later cutoff came while its last slice was under way: it makes another round.
  await expect(purge.result()).resolves.toMatchObject({ cutoff: '2026-08-02' });
  expect(cutoffs).toEqual(['2026-08-01', '2026-08-02']);
  cutoff = '2026-08-03';
  await (await start()).result();
  const again = scene.client.workflow.getHandle<typeof purgeTable>(purgeId(scene.source, 'shop.a'));
  await expect(again.result()).resolves.toMatchObject({ cutoff: '2026-08-03' });
});

test('a plan comes in pages, and a history that grows long goes on as new: each day once', async () => {
  const archived: string[] = [];
  const tables = Array.from({ length: 8 }, (_, index) => `shop.t${String(index).padStart(2, '0')}`);
  await scene.work({
    ...idleActivities,
    planDay: async ({ after }) => {
      const rest = tables.filter((table) => after === undefined || table > after);
      const days = [{ from: '2026-08-01' as Day, to: '2026-08-06' as Day }];
      const page = { tables: rest.slice(0, 3).map((table) => ({ table, days })), searchAttributes: false };
      return rest.length > 3 ? { ...page, after: String(rest[2]) } : page;
    },
    exportPartition: async ({ table, day: archivedDay }) => {
      archived.push(`${table} ${archivedDay}`);
      if (table === 'shop.t03' && archivedDay === '2026-08-05')
        throw ApplicationFailure.nonRetryable('the bucket says 403', 'Stopped');
      return { rows: 1, parts: 0, archived: false };
    },
  });
  const handle = await start({ concurrency: 4 });
  const result = await handle.result();
  expect(result).toMatchObject({ archivedDays: 8 * 6 - 1, unfinished: [] });
  expect(Object.keys(result.failed)).toEqual(['shop.t03']);
  expect(archived).toHaveLength(8 * 6);
  expect(new Set(archived).size).toBe(8 * 6);
  const runs = await scene.ids("WorkflowType = 'dailyArchive' AND ExecutionStatus = 'ContinuedAsNew'");
  expect(runs.length).toBeGreaterThan(0);
});
