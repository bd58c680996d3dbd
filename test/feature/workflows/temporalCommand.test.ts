import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Context } from '@temporalio/activity';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { Day } from '../../../src/model/day.ts';
import { applySchedule, scheduleId } from '../../../src/schedules.ts';
import { purgeId } from '../../../src/workflows/ids.ts';
import { type PurgeProgress, progress } from '../../../src/workflows/purge/messages.ts';
import { idleActivities, makeScene, type Scene } from '../../support/temporalScene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});
afterEach(() => scene.close());

/** The real command, as an operator types it. */
async function temporal(...given: string[]): Promise<string> {
  const { address, cli } = inject('stack').temporal;
  const where = ['--address', address, '--namespace', scene.namespace];
  return (await promisify(execFile)(cli, [...given, ...where])).stdout;
}

/** Purges that work until they are cancelled, one a table. */
async function purging(tables: readonly string[]) {
  const running = new Set<string>();
  await scene.work({
    ...idleActivities,
    purgeSlice: async ({ table }) => {
      running.add(table);
      const context = Context.current();
      const timer = setInterval(() => context.heartbeat(), 20);
      await new Promise((resolve) => context.cancellationSignal.addEventListener('abort', resolve));
      clearInterval(timer);
      running.delete(table);
      return { done: false, day: '2026-08-01' as Day, deleted: 5 };
    },
  });
  for (const table of tables)
    await scene.client.workflow.start('purgeTable', {
      taskQueue: 'sediment',
      workflowId: purgeId(scene.source, table),
      args: [{ source: scene.source, table, cutoff: '2026-09-01', timeouts: { heartbeatMillis: 5_000 } }],
    });
  await expect.poll(() => running.size).toBe(tables.length);
  return running;
}

test('temporal schedule backfill --overlap-policy BufferAll archives each day of a range, one after the other', async () => {
  const days: string[] = [];
  let open = 0;
  await scene.work({
    ...idleActivities,
    planDay: async ({ scheduledTime }) => {
      const before = new Date(Date.parse(String(scheduledTime)) - 86_400_000).toISOString().slice(0, 10) as Day;
      return { tables: [{ table: 'shop.orders', days: [{ from: before, to: before }] }], searchAttributes: false };
    },
    exportPartition: async ({ day }) => {
      days.push(`${day}${open++ > 0 ? ' beside another' : ''}`);
      return { rows: 1, parts: 1, archived: false };
    },
    commitManifest: async () => {
      open--;
      return { rows: 1, objects: 3, bytes: 100 };
    },
  });
  const policy = `source: { name: ${scene.source}, url: "mysql://root@127.0.0.1:1" }
store: { bucket: none, region: us-east-1 }
tables: [{ table: shop.orders, timeColumn: t }]`;
  await applySchedule(scene.client, parseConfig(policy, 'test', {}));
  const range = ['--start-time', '2026-10-02T00:00:00Z', '--end-time', '2026-10-04T23:00:00Z'];
  const id = ['--schedule-id', scheduleId(scene.source)];
  await temporal('schedule', 'backfill', ...id, ...range, '--overlap-policy', 'BufferAll');
  await expect.poll(() => days).toEqual(['2026-10-01', '2026-10-02', '2026-10-03']);
});

test('temporal workflow update execute pauses a purge and resumes it; a malformed pause is refused with what was expected', async () => {
  const running = await purging(['shop.orders']);
  const id = ['--workflow-id', purgeId(scene.source, 'shop.orders')];
  const pause = (input: string) =>
    temporal('workflow', 'update', 'execute', ...id, '--name', 'pause', '--input', input);
  await expect(pause('{"owner": "oncall"}')).rejects.toMatchObject({
    stderr: expect.stringContaining('reason is missing'),
  });
  expect(running.size).toBe(1);
  expect(await pause('{"owner": "oncall", "reason": "month-end close"}')).toContain('nothing in flight');
  expect(running.size).toBe(0);
  await temporal('workflow', 'update', 'execute', ...id, '--name', 'resume');
  await expect.poll(() => running.size).toBe(1);
});

test('temporal workflow signal --query pauses every purge at once; a bad payload is kept and shown, and stops none', async () => {
  const tables = ['shop.a', 'shop.b', 'shop.c'];
  const running = await purging(tables);
  const query = "WorkflowType = 'purgeTable' AND ExecutionStatus = 'Running'";
  const listed = () => scene.ids(query);
  await expect.poll(async () => (await listed()).length).toBe(3);
  const signal = (input: string) =>
    temporal('workflow', 'signal', '--query', query, '--name', 'pause', '--input', input, '--reason', 'test', '--yes');
  const shown = (table: string) =>
    scene.client.workflow.getHandle(purgeId(scene.source, table)).query<PurgeProgress>(progress);
  await signal('"now"');
  for (const table of tables)
    await expect.poll(async () => (await shown(table)).rejected).toEqual([expect.stringContaining('is no input')]);
  expect(running.size).toBe(3);
  await signal('{"owner": "oncall", "reason": "month-end close"}');
  await expect.poll(() => running.size).toBe(0);
  for (const table of tables) expect((await shown(table)).paused).toMatchObject({ owner: 'oncall' });
});
