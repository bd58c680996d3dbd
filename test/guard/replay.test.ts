import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Day } from '../../src/model/day.ts';
import { archiveId, purgeId } from '../../src/workflows/ids.ts';
import {
  holdChangedSignal,
  holdChangedUpdate,
  pauseUpdate,
  resumeUpdate,
  setPaceUpdate,
} from '../../src/workflows/purge/messages.ts';
import { gate, idleActivities, makeScene, type Scene } from '../support/temporalScene.ts';

const folder = new URL('./histories/', import.meta.url);
const options = { workflowBundle: { codePath: inject('bundle') } };
let scene: Scene;
beforeAll(async () => {
  scene = await makeScene();
});
afterAll(() => scene.close());

const recorded = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

test('every workflow has histories, each named for what it freezes', () => {
  for (const name of recorded) expect(name).toMatch(/^[a-z][A-Za-z]+\.[a-z][A-Za-z]+\.json$/);
  const types = new Set(recorded.map((name) => name.split('.')[0]));
  expect([...types].sort()).toEqual([
    'archiveTable',
    'auditArchive',
    'backfill',
    'dailyArchive',
    'drillArchive',
    'healDay',
    'purgeTable',
    'restoreTable',
  ]);
});

test.each(recorded)('what ran under earlier code goes on under today’s: %s', async (name) => {
  const history: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  await Worker.runReplayHistory(options, history);
});

test('a run of today’s code replays: daily run, backfill, archive, audit, heal, and a purge that was paused, paced, healed and extended (P15)', async () => {
  const days = [{ from: '2026-10-01' as Day, to: '2026-10-02' as Day }];
  const table = 'shop.orders';
  const [entered, finished, healed] = [gate(), gate(), gate()];
  let [drifts, resumed] = [2, false];
  await scene.work({
    ...idleActivities,
    planDay: async () => ({
      tables: [
        { table, days, cutoff: '2026-08-01' as Day, policyHash: 'c0ffee' },
        { table: 'shop.bad', days },
        { table: 'shop.keyless', days: [], refused: 'it has no primary key' },
      ],
      searchAttributes: true,
    }),
    planBackfill: async () => ({
      tables: [{ table: 'shop.events', days, alreadyArchived: 3 }],
      searchAttributes: true,
    }),
    exportPartition: async (input) => {
      if (input.table === 'shop.bad') throw ApplicationFailure.nonRetryable('the bucket says 403', 'Stopped');
      return { rows: 10, parts: 1, archived: false };
    },
    prepareRestore: async () => ({
      ...{
        target: 'shop.back',
        days: ['2026-07-30', '2026-07-31'] as Day[],
        done: [],
        rows: 20,
        bytes: 200,
        missing: [],
      },
      searchAttributes: true,
    }),
    planAudit: async () => ({
      tables: [{ table, days: ['2026-07-30', '2026-07-31'] as Day[] }],
      searchAttributes: true,
    }),
    readHold: async () => ({
      day: '2026-07-31' as Day,
      cursor: null,
      rowsLeft: 10,
      held: 'dba: all tables',
      hold: { owner: 'dba', reason: 'all tables' },
    }),
    healPartition: async () => {
      healed.open();
      return { added: 1, changed: 2, removed: 0, parts: 1, left: 0 };
    },
    purgeSlice: async ({ cutoff }) => {
      entered.open();
      await finished.promise;
      if (resumed && drifts-- > 0) return { done: false, day: '2026-07-31' as Day, deleted: 0, drifted: true };
      return cutoff < '2026-08-02'
        ? { done: false, day: '2026-07-31' as Day, deleted: 10, held: 'dba: lunch' }
        : { done: true, deleted: 0 };
    },
  });
  const ids = {
    auditArchive: 'audit/recorded',
    healDay: 'heal/recorded',
    dailyArchive: 'daily/recorded',
    backfill: 'backfill/recorded',
    archiveTable: archiveId(scene.source, table, '2026-10-01'),
    purgeTable: purgeId(scene.source, table),
    restoreTable: 'restore/recorded',
    drillArchive: 'drill/recorded',
  };
  const start = (type: string, workflowId: string, input: object) =>
    scene.client.workflow.start(type, {
      taskQueue: 'sediment',
      workflowId,
      args: [{ source: scene.source, ...input }],
    });
  await (await start('dailyArchive', ids.dailyArchive, { day: '2026-10-02' })).result();
  await (await start('backfill', ids.backfill, { from: '2026-10-01', to: '2026-10-05' })).result();
  const purge = scene.client.workflow.getHandle(ids.purgeTable);
  await entered.promise;
  await purge.executeUpdate(setPaceUpdate, { args: [{ rowsPerSecond: 500 }] });
  const paused = purge.executeUpdate(pauseUpdate, { args: [{ owner: 'oncall', reason: 'month-end close' }] });
  finished.open();
  await paused;
  await purge.signal(holdChangedSignal);
  expect(await purge.executeUpdate(holdChangedUpdate)).toMatchObject({ paused: { owner: 'dba' } });
  resumed = true;
  await purge.executeUpdate(resumeUpdate);
  await healed.promise;
  await purge.signal('extendCutoff', '2026-08-02');
  await purge.signal('pause', 'nonsense');
  await purge.result();
  // The heal starts a purge of its own.
  const { runId } = await purge.describe();
  await (await start('healDay', ids.healDay, { table, day: '2026-07-31' })).result();
  await (await start('auditArchive', ids.auditArchive, { tables: [table] })).result();
  await (await start('restoreTable', ids.restoreTable, { table, from: '2026-07-30', to: '2026-07-31' })).result();
  await (await start('drillArchive', ids.drillArchive, { tables: [table] })).result();
  for (const [type, workflowId] of Object.entries(ids)) {
    const history = await scene.client.workflow
      .getHandle(workflowId, type === 'purgeTable' ? runId : undefined)
      .fetchHistory();
    await Worker.runReplayHistory(options, history);
    // When a workflow gets another shape: RECORD_HISTORIES=holdChanged npx vitest run test/guard/replay.test.ts
    const frozen = process.env.RECORD_HISTORIES;
    if (!frozen) continue;
    mkdirSync(folder, { recursive: true });
    const json = historyToJSON(history).replaceAll(/"identity": "[^"]*"|"\d+@[\w.-]+"/g, (found) =>
      found.startsWith('"identity"') ? '"identity": "worker"' : '"worker"',
    );
    const bare = json.replaceAll(/"(stackTrace|originalExecutionRunId)": "[^"]*",?/g, '').replaceAll(/,(\s*})/g, '$1');
    writeFileSync(new URL(`${type}.${frozen}.json`, folder), `${JSON.stringify(JSON.parse(bare))}\n`);
  }
});
