import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type Config, parseConfig } from '../../../src/config/load.ts';
import type { Day } from '../../../src/model/day.ts';
import {
  applyAuditSchedule,
  applyDrillSchedule,
  applySchedule,
  auditScheduleId,
  dailySchedule,
} from '../../../src/schedules.ts';
import { gate, idleActivities, makeScene, type Scene } from '../../support/temporalScene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});
afterEach(() => scene.close());

const text = (at: string) => `
source: { name: ${scene.source}, url: "mysql://root@127.0.0.1:1" }
store: { bucket: none, region: us-east-1 }
schedule: { at: "${at}" }
tables: [{ table: shop.orders, timeColumn: t }]
`;
const config = (at: string): Config => parseConfig(text(at), 'test', {});

/** Plans the day before the scheduled time, as the real one does; answers the days in the order they were exported in. */
function archiver(hold?: Promise<void>) {
  const days: string[] = [];
  const activities = {
    ...idleActivities,
    planDay: async ({ scheduledTime }: { scheduledTime?: string | undefined }) => {
      const before = new Date(Date.parse(String(scheduledTime)) - 86_400_000).toISOString().slice(0, 10) as Day;
      return { tables: [{ table: 'shop.orders', days: [{ from: before, to: before }] }], searchAttributes: false };
    },
    exportPartition: async ({ day }: { day: string }) => {
      days.push(day);
      await hold;
      return { rows: 1, parts: 1, archived: false };
    },
  };
  return { days, activities };
}

const threeDays = {
  start: new Date('2026-10-02T00:00:00Z'),
  end: new Date('2026-10-04T23:00:00Z'),
  overlap: ScheduleOverlapPolicy.BUFFER_ALL,
};
const archived = ['2026-10-01', '2026-10-02', '2026-10-03'];

test('runs that come due while one is open are buffered and not dropped (P55)', async () => {
  const first = gate();
  const { days, activities } = archiver(first.promise);
  await scene.work(activities);
  await applySchedule(scene.client, config('01:30'));
  const handle = dailySchedule(scene.client, scene.source);
  expect((await handle.describe()).policies).toMatchObject({ overlap: 'BUFFER_ALL', catchupWindow: 30 * 86_400_000 });
  await handle.backfill({ ...threeDays, overlap: 'UNSPECIFIED' as never });
  await expect.poll(() => days).toEqual(archived.slice(0, 1));
  first.open();
  await expect.poll(() => days, { timeout: 20_000 }).toEqual(archived);
  expect((await handle.describe()).info.numActionsSkippedOverlap).toBe(0);
});

test('no worker for three days: once there is one, each day is archived once, in order (P56)', async () => {
  await applySchedule(scene.client, config('01:30'));
  const handle = dailySchedule(scene.client, scene.source);
  await handle.backfill(threeDays);
  await expect.poll(() => scene.ids("ExecutionStatus = 'Running'"), { timeout: 10_000 }).not.toEqual([]);
  const { days, activities } = archiver();
  await scene.work(activities);
  await expect.poll(() => days, { timeout: 20_000 }).toEqual(archived);
  await expect.poll(() => scene.ids("ExecutionStatus = 'Running'"), { timeout: 20_000 }).toEqual([]);
  expect(days).toEqual(archived);
});

test('applying again says what changed, and a paused schedule stays paused (P58)', async () => {
  expect(await applySchedule(scene.client, config('01:30'))).toEqual({ what: 'created', changes: [], paused: false });
  const handle = dailySchedule(scene.client, scene.source);
  await handle.pause('month-end close');
  expect(await applySchedule(scene.client, config('01:30'))).toEqual({ what: 'unchanged', changes: [], paused: true });
  expect(await applySchedule(scene.client, config('02:45'))).toEqual({
    what: 'updated',
    changes: ['at: 01:30 UTC → 02:45 UTC'],
    paused: true,
  });
  expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'month-end close' });
});

test('the audit’s schedule is declared beside it, changes with the config, and goes where the config says off', async () => {
  const audited = (audit: string) => parseConfig(`${text('01:30')}audit: ${audit}\n`, 'test', {});
  expect(await applyAuditSchedule(scene.client, audited('off'))).toMatchObject({ what: 'absent' });
  expect(await applyAuditSchedule(scene.client, config('01:30'))).toMatchObject({ what: 'created' });
  expect(await applyAuditSchedule(scene.client, config('01:30'))).toMatchObject({ what: 'unchanged', changes: [] });
  const handle = scene.client.schedule.getHandle(auditScheduleId(scene.source));
  await handle.pause('not now');
  expect(await applyAuditSchedule(scene.client, audited('{ at: "04:15", daysATable: 3 }'))).toEqual({
    what: 'updated',
    changes: [
      'at: Sun 03:00 UTC → 04:15 UTC',
      `input: [{"source":"${scene.source}","daysATable":7,"folders":true}] → [{"source":"${scene.source}","daysATable":3,"folders":true}]`,
    ],
    paused: true,
  });
  const { spec, action } = await handle.describe();
  expect(spec.calendars?.[0]).toMatchObject({
    hour: [{ start: 4 }],
    dayOfWeek: [{ start: 'SUNDAY', end: 'SATURDAY' }],
  });
  expect(action).toMatchObject({ workflowType: 'auditArchive' });
  expect(await applyAuditSchedule(scene.client, audited('off'))).toMatchObject({ what: 'removed' });
  const drilled = { ...config('01:30'), drill: { schema: 'drills', at: 'Sun 05:00', rowsAtMost: 10 } };
  expect(await applyDrillSchedule(scene.client, config('01:30'))).toMatchObject({ what: 'absent' });
  expect(await applyDrillSchedule(scene.client, drilled)).toMatchObject({ what: 'created' });
  expect(await applyDrillSchedule(scene.client, drilled)).toMatchObject({ what: 'unchanged', changes: [] });
  expect(await applyDrillSchedule(scene.client, config('01:30'))).toMatchObject({ what: 'removed' });
});

test('sediment schedule apply, pause, describe and unpause', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sediment-schedule-'));
  const file = join(folder, 'sediment.yaml');
  writeFileSync(file, text('01:30'));
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: inject('stack').temporal.address,
    TEMPORAL_NAMESPACE: scene.namespace,
    NODE_NO_WARNINGS: '1',
  };
  const sediment = async (...given: string[]) => {
    const all = [`${inject('built')}/bin/sediment.mjs`, 'schedule', ...given, '--config', file];
    return (await promisify(execFile)(process.execPath, all, { env })).stdout;
  };
  expect(await sediment('apply')).toBe(
    `sediment-daily/${scene.source} created: daily at 01:30 UTC\nsediment-audit/${scene.source} created: ` +
      'weekly at Sun 03:00 UTC\nsearch attributes: all there\n',
  );
  await sediment('pause', '--reason', 'month-end close');
  expect(await sediment('describe')).toMatch(
    /: paused: month-end close\n {2}next .*\n {2}runs {5}0 started, 0 running, 0 skipped, 0 missed\nsediment-audit\/\w+: active\n/,
  );
  await sediment('unpause');
  expect((await dailySchedule(scene.client, scene.source).describe()).state.paused).toBe(false);
  rmSync(folder, { recursive: true });
}, 120_000);
