import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PurgeProgress, pauseUpdate, progress, resumeUpdate } from '../../../src/workflows/purge/messages.ts';
import { oncall, purgedDay, startPurge } from '../../support/startPurge.ts';
import { idleActivities, makeScene, type Scene } from '../../support/temporalScene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});
afterEach(() => scene.close());

const start = (input: object = {}) => startPurge(scene, input);
const day = purgedDay;

test('a held slice lets the workflow wait, and a later cutoff or a resume ends the wait', async () => {
  let asked = 0;
  await scene.work({
    ...idleActivities,
    purgeSlice: async ({ cutoff }) => {
      asked++;
      return cutoff > '2026-09-01' ? { done: true, deleted: 1 } : { done: false, deleted: 0, held: 'dba: lunch' };
    },
  });
  const handle = await start({ timeouts: { waitMillis: 3_600_000 } });
  await expect.poll(async () => (await handle.query<PurgeProgress>(progress)).held).toBe('dba: lunch');
  await handle.executeUpdate(resumeUpdate);
  await expect.poll(() => asked).toBe(2);
  await handle.signal('extendCutoff', '2026-09-02');
  expect(await handle.result()).toMatchObject({ deleted: 1, held: null });
});

test('how much of its last minutes a purge was held, and by what, stands where people look', async () => {
  const time = 'held 43 % of the last 10 min: replica db-2 lag 38 %, window 5 %';
  await scene.work({
    ...idleActivities,
    purgeSlice: async () => ({ done: false, day, deleted: 5, held: 'replica db-2 is 4.2 s behind, limit 1 s', time }),
  });
  const handle = await start({ timeouts: { waitMillis: 3_600_000 } });
  const shown = () => handle.query<PurgeProgress>(progress);
  await expect.poll(async () => (await shown()).time).toBe(time);
  const { summary } = await shown();
  expect(summary).toBe(
    `shop.orders before 2026-09-01: 2026-08-01, 5 rows deleted, waits: replica db-2 is 4.2 s behind, limit 1 s (${time})`,
  );
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(currentDetails).toContain(summary);
  await handle.terminate();
});

test('a day that keeps changing is healed ever more slowly, until rows of it are deleted; a pause ends the wait', async () => {
  const heals: number[] = [];
  let slices = 0;
  await scene.work({
    ...idleActivities,
    purgeSlice: async () => {
      slices++;
      // Twice in vain, then a slice that gets on, then another drift.
      if (slices === 5) return { done: true, deleted: 0 };
      return { done: false, day, deleted: slices === 3 ? 7 : 0, drifted: true };
    },
    healPartition: async () => {
      heals.push(slices);
      return { added: 1, changed: 0, removed: 0, parts: 1, left: 0 };
    },
  });
  const handle = await start();
  const shown = () => handle.query<PurgeProgress>(progress);
  await expect.poll(async () => (await shown()).held).toContain('has changed again since its heal');
  expect(heals).toEqual([1]);
  await handle.executeUpdate(pauseUpdate, { args: [oncall] });
  expect(heals).toEqual([1]);
  await handle.executeUpdate(resumeUpdate);
  await handle.result();
  const timers = (await handle.fetchHistory()).events?.flatMap(({ timerStartedEventAttributes: timer }) =>
    timer ? [Number(timer.startToFireTimeout?.seconds)] : [],
  );
  expect(timers).toEqual([5, 5]);
  expect(heals).toEqual([1, 3, 4]);
});
