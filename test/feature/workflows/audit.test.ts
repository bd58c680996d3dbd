import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Day } from '../../../src/model/day.ts';
import { failureText } from '../../../src/workflows/failureText.ts';
import { auditArchive } from '../../../src/workflows/index.ts';
import { idleActivities, makeScene, type Scene } from '../../support/temporalScene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});
afterEach(() => scene.close());

const start = (input: object = {}) =>
  scene.client.workflow.start(auditArchive, {
    taskQueue: 'sediment',
    workflowId: 'audit/one',
    args: [{ source: scene.source, ...input }],
  });
const days = (count: number) =>
  Array.from({ length: count }, (_, index) => new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10) as Day);

test('an audit that finds damage fails with what it found; a table that can’t be read is that table’s alone', async () => {
  await scene.work({
    ...idleActivities,
    planAudit: async ({ after }) =>
      after === undefined
        ? { tables: [{ table: 'shop.a', days: days(2) }], after: 'shop.a', searchAttributes: true }
        : {
            tables: ['shop.bad', 'shop.c'].map((table) => ({ table, days: days(2) })),
            searchAttributes: true,
          },
    auditPartition: async ({ table, day }) => {
      if (table === 'shop.bad') throw ApplicationFailure.nonRetryable('the bucket says 403', 'Stopped');
      return { rows: 10, bytes: 100, finding: table === 'shop.c' && day === days(2)[1] ? 'a chunk differs' : null };
    },
    auditFolders: async () => ({ 'shop.c': '2 doubled' }),
    expireArchive: async () => ({ days: 3, bytes: 9, versions: 6, refused: { 'shop.a 2026-01-01': 'is held' } }),
  });
  const handle = await start({ concurrency: 1, folders: true, expire: true });
  await expect(handle.result()).rejects.toMatchObject({
    cause: {
      type: 'ArchiveDamaged',
      details: [
        {
          summary:
            '4 days read back, 40 rows; 1 day damaged; 1 tables could not be read to their end; 3 days expired and deleted; ' +
            'findings in the folders of 1 table; 1 day expired and could not be deleted',
          foldersWrong: { 'shop.c': '2 doubled' },
          expired: { days: 3, refused: { 'shop.a 2026-01-01': 'is held' } },
          damaged: { 'shop.c 2026-01-02': 'a chunk differs' },
          failed: { 'shop.bad': '2026-01-01: the bucket says 403' },
        },
      ],
    },
  });
  const { searchAttributes } = await handle.describe();
  expect(searchAttributes.ArchivePhase).toEqual(['damaged']);
});

test('a long audit goes on as new and reads each day once', async () => {
  const read: string[] = [];
  await scene.work({
    ...idleActivities,
    planAudit: async () => ({ tables: [{ table: 'shop.a', days: days(120) }], searchAttributes: false }),
    auditPartition: async ({ day }) => {
      read.push(day);
      return { rows: 1, bytes: 1, finding: null };
    },
  });
  const result = await (await start({ daysATable: 120 })).result();
  expect(result).toMatchObject({ daysRead: 120, rows: 120, daysDamaged: 0 });
  expect(read.sort()).toEqual(days(120));
  const runs = await scene.client.workflowService.countWorkflowExecutions({
    namespace: scene.namespace,
    query: "ExecutionStatus = 'ContinuedAsNew'",
  });
  expect(Number(runs.count)).toBeGreaterThan(0);
});

test('wrong input is refused at the door (P79)', async () => {
  await scene.work(idleActivities);
  const refusal = async (input: object) =>
    (await start(input)).result().then(
      () => 'taken',
      (error) => failureText(error),
    );
  expect(await refusal({ daysATable: 0 })).toContain("daysATable: 0 isn't a whole number from 1 to 5000");
  expect(await refusal({ day: '2026-02-30' })).toContain('day: "2026-02-30" isn\'t a day of the calendar');
  expect(await refusal({ table: 'shop.a' })).toContain('no such field: table');
});
