import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SliceInput } from '../../../src/activities/purgeSlice.ts';
import type { HeldPosition } from '../../../src/hold/tableHold.ts';
import type { SliceResult } from '../../../src/purge/result.ts';
import type { purgeTable } from '../../../src/workflows/index.ts';
import {
  holdChangedSignal,
  holdChangedUpdate,
  type PurgeProgress,
  pauseUpdate,
  progress,
  resumeUpdate,
  setPaceUpdate,
} from '../../../src/workflows/purge/messages.ts';
import { oncall, purgedDay, startPurge } from '../../support/startPurge.ts';
import { gate, idleActivities, makeScene, type Scene } from '../../support/temporalScene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});
afterEach(() => scene.close());

const start = (input: object = {}) => startPurge(scene, input);
const day = purgedDay;

/** Works until it is cancelled, and counts itself. */
function slices() {
  const inputs: SliceInput[] = [];
  const state = { running: 0, done: false };
  const purgeSlice = async (input: SliceInput): Promise<SliceResult> => {
    if (state.done) return { done: true, deleted: 0 };
    inputs.push(input);
    state.running++;
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), 20);
    await new Promise((resolve) => context.cancellationSignal.addEventListener('abort', resolve));
    clearInterval(timer);
    state.running--;
    return { done: false, day, deleted: 5 };
  };
  return { inputs, state, purgeSlice };
}

test('a pause writes the hold, answers when nothing is in flight, and tells where it stands', async () => {
  const { inputs, state, purgeSlice } = slices();
  const holds: object[] = [];
  await scene.work({
    ...idleActivities,
    purgeSlice,
    holdTable: async (input) => {
      holds.push(input);
      return { day, cursor: ['2026-08-01 13:22:10', '88121233'], rowsLeft: 1_204_311, held: 'oncall: month-end close' };
    },
  });
  const handle = await start();
  await expect.poll(() => inputs.length).toBe(1);
  const answer = await handle.executeUpdate(pauseUpdate, { args: [oncall] });
  expect(state.running).toBe(0);
  expect(holds).toEqual([{ table: 'shop.orders', ...oncall }]);
  expect(answer).toMatchObject({ paused: oncall, day, rowsLeft: 1_204_311, deleted: 5 });
  expect(answer.summary).toBe(
    'shop.orders paused at 2026-08-01 13:22:10 / 88121233, nothing in flight, 1,204,311 rows of 2026-08-01 left; by oncall: month-end close',
  );
  state.done = true;
  expect(await handle.executeUpdate(resumeUpdate)).toMatchObject({ paused: null });
  expect(await handle.result()).toMatchObject({ deleted: 5 });
});

test('holdChanged reads the ledger’s hold, whoever wrote it, writes none, and goes on where there is none', async () => {
  const { inputs, state, purgeSlice } = slices();
  const held = { day, cursor: ['2026-08-01 13:22:10', '88121233'], rowsLeft: 7, held: 'dba: everything' };
  let hold: HeldPosition['hold'] = { owner: 'dba', reason: 'everything' };
  await scene.work({
    ...idleActivities,
    purgeSlice,
    readHold: async () => ({ ...held, hold }),
    holdTable: () => Promise.reject(ApplicationFailure.nonRetryable('nobody writes a hold here')),
  });
  const handle = await start({ searchAttributes: true });
  await expect.poll(() => inputs.length).toBe(1);
  const answer = await handle.executeUpdate(holdChangedUpdate);
  expect([state.running, inputs.length]).toEqual([0, 1]);
  expect(answer).toMatchObject({ paused: hold, day, rowsLeft: 7, deleted: 5 });
  expect(answer.summary).toContain('paused at 2026-08-01 13:22:10 / 88121233, nothing in flight');
  expect((await handle.describe()).searchAttributes?.ArchivePhase).toEqual(['paused']);
  // Another hold in its place, and its end by a signal.
  hold = { owner: 'dba', reason: 'orders alone' };
  expect(await handle.executeUpdate(holdChangedUpdate)).toMatchObject({ paused: hold });
  hold = null;
  await handle.signal(holdChangedSignal);
  await expect.poll(() => state.running).toBe(1);
  expect(await handle.executeUpdate(holdChangedUpdate)).toMatchObject({ paused: null });
  state.done = true;
  await handle.executeUpdate(setPaceUpdate, { args: [null] });
  expect(await handle.result()).toMatchObject({ paused: null });
});

test('a resume of a table that is held with all others stays paused, and names the hold that is left', async () => {
  const { inputs, state, purgeSlice } = slices();
  const nowhere = { day: null, cursor: null, rowsLeft: 0, held: 'dba: everything' };
  await scene.work({
    ...idleActivities,
    purgeSlice,
    releaseTable: async () => ({ ...nowhere, hold: { owner: 'dba', reason: 'everything' } }),
  });
  const handle = await start();
  await expect.poll(() => inputs.length).toBe(1);
  await handle.executeUpdate(pauseUpdate, { args: [oncall] });
  expect(await handle.executeUpdate(resumeUpdate)).toMatchObject({ paused: { owner: 'dba', reason: 'everything' } });
  expect([state.running, inputs.length]).toEqual([0, 1]);
  state.done = true;
  await handle.executeUpdate(holdChangedUpdate);
  await handle.result();
});

test('a pause of a purge that waits: what people look at says where it stands, as the answer does', async () => {
  const written = gate();
  await scene.work({
    ...idleActivities,
    purgeSlice: async () => ({ done: false, day, deleted: 5, held: 'replica db-2 is 4.2 s behind' }),
    holdTable: async () => {
      await written.promise;
      return { day, cursor: ['2026-08-01 13:22:10', '88121233'], rowsLeft: 7, held: 'oncall: month-end close' };
    },
  });
  const handle = await start();
  const details = async () =>
    (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
  await expect.poll(details).toContain('replica db-2');
  const answer = handle.executeUpdate(pauseUpdate, { args: [oncall] });
  // The wait has ended before the hold is written, so that nothing more is drawn by the purge itself.
  await expect.poll(details).toContain('by oncall');
  written.open();
  expect((await answer).summary).toContain('paused at 2026-08-01 13:22:10 / 88121233');
  expect(await details()).toContain((await answer).summary);
});

test('pause and resume at once, again and again, never leave a slice in flight while paused', async () => {
  const { inputs, state, purgeSlice } = slices();
  await scene.work({ ...idleActivities, purgeSlice });
  const handle = await start();
  for (let round = 0; round < 10; round++) {
    const asked = inputs.length;
    await expect.poll(() => state.running).toBe(1);
    await Promise.all([
      handle.executeUpdate(resumeUpdate),
      handle.executeUpdate(pauseUpdate, { args: [oncall] }),
      handle.executeUpdate(resumeUpdate),
    ]);
    const answer = await handle.executeUpdate(pauseUpdate, { args: [oncall] });
    expect([answer.paused, state.running]).toEqual([oncall, 0]);
    await handle.executeUpdate(resumeUpdate);
    await expect.poll(() => inputs.length).toBeGreaterThan(asked);
  }
  state.done = true;
  await handle.executeUpdate(setPaceUpdate, { args: [null] });
  await handle.result();
});

test('a pause in the middle of a retry’s backoff answers, and the purge goes on after the resume', async () => {
  let failures = 0;
  let mended = false;
  await scene.work({
    ...idleActivities,
    purgeSlice: async () => {
      if (mended) return { done: true, deleted: 3 };
      failures++;
      throw ApplicationFailure.create({ message: 'read-only', nextRetryDelay: '1 hour' });
    },
  });
  const handle = await start();
  await expect.poll(() => failures).toBe(1);
  expect(await handle.executeUpdate(pauseUpdate, { args: [oncall] })).toMatchObject({ paused: oncall });
  mended = true;
  await handle.executeUpdate(resumeUpdate);
  expect(await handle.result()).toMatchObject({ deleted: 3 });
});

test('a pause with an end ends by itself; one that is over, or names nobody, is refused', async () => {
  const { inputs, state, purgeSlice } = slices();
  await scene.work({ ...idleActivities, purgeSlice });
  const handle = await start();
  await expect.poll(() => inputs.length).toBe(1);
  const refused = async (request: object, message: RegExp) =>
    await expect(handle.executeUpdate('pause', { args: [request] })).rejects.toMatchObject({
      cause: { message: expect.stringMatching(message) },
    });
  await refused({ owner: 'oncall' }, /reason is missing/);
  await refused({ ...oncall, until: 'tomorrow' }, /until: "tomorrow" isn't a time with its offset/);
  await refused({ ...oncall, until: '2026-01-01T00:00:00Z' }, /is over/);
  await refused({ ...oncall, unitl: '2026-01-01T00:00:00Z' }, /no such field: unitl/);
  const until = new Date(Date.now() + 2_000).toISOString();
  await handle.executeUpdate(pauseUpdate, { args: [{ ...oncall, until }] });
  expect(state.running).toBe(0);
  state.done = true;
  expect(await handle.result()).toMatchObject({ paused: null });
});

test('signals serve batch use: the same as the updates, and what makes no sense is kept and shown', async () => {
  const { inputs, state, purgeSlice } = slices();
  await scene.work({ ...idleActivities, purgeSlice });
  const handle = await start();
  await expect.poll(() => inputs.length).toBe(1);
  const shown = () => handle.query<PurgeProgress>(progress);
  await handle.signal('pause', 'now, please');
  await handle.signal('setPace', { rowsPerSecond: -1 });
  await handle.signal('setPace', {});
  await handle.signal('extendCutoff', 'tomorrow');
  await handle.signal('extendCutoff', '2026-09-05', 'c0ffee');
  await handle.signal('extendCutoff', '2026-09-04');
  await expect.poll(async () => (await shown()).cutoff).toBe('2026-09-05');
  const { rejected, policyHash } = await shown();
  expect(rejected).toEqual([
    expect.stringContaining('pause: "now, please" is no input'),
    expect.stringContaining("setPace: rowsPerSecond: -1 isn't between 0"),
    expect.stringContaining('setPace {} names no part of a pace'),
    expect.stringContaining('extendCutoff: cutoff: "tomorrow" isn\'t a day'),
  ]);
  expect(policyHash).toBe('c0ffee');
  await handle.signal('setPace', { rowsPerSecond: 500 });
  await expect.poll(() => inputs.at(-1)?.pace).toEqual({ rowsPerSecond: 500 });
  await handle.signal('pause', oncall);
  await expect.poll(async () => (await shown()).paused).toEqual(oncall);
  await expect.poll(() => state.running).toBe(0);
  state.done = true;
  await handle.signal('resume');
  expect(await handle.result()).toMatchObject({ pace: { rowsPerSecond: 500 }, cutoff: '2026-09-05' });
});

test('a pause and a pace survive continue-as-new', async () => {
  let [pace, asked] = [0, 0];
  const resumed = gate();
  let open = false;
  await scene.work({
    ...idleActivities,
    purgeSlice: async ({ pace: wanted }) => {
      asked++;
      pace = wanted?.rowsPerSecond ?? 0;
      if (asked === 20) await resumed.promise;
      return open ? { done: true, deleted: 0 } : { done: false, day, deleted: 1 };
    },
  });
  const handle = await start();
  await handle.executeUpdate(setPaceUpdate, { args: [{ rowsPerSecond: 77 }] });
  resumed.open();
  const runs = () => scene.ids("WorkflowType = 'purgeTable' AND ExecutionStatus = 'ContinuedAsNew'");
  await expect.poll(async () => (await runs()).length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(pace).toBe(77);
  const latest = scene.client.workflow.getHandle<typeof purgeTable>('purge/one');
  await latest.executeUpdate(pauseUpdate, { args: [oncall] });
  const before = asked;
  open = true;
  expect(await latest.query<PurgeProgress>(progress)).toMatchObject({ paused: oncall, pace: { rowsPerSecond: 77 } });
  expect(asked).toBe(before);
  await latest.executeUpdate(resumeUpdate);
  const result = await latest.result();
  expect(result).toMatchObject({ pace: { rowsPerSecond: 77 }, deleted: before });
});

test('wrong input fails the purge at once and says what was expected', async () => {
  await scene.work(idleActivities);
  await expect((await start({ cutoff: '2026-9-1' })).result()).rejects.toMatchObject({
    cause: { type: 'InvalidInput', message: expect.stringContaining('cutoff: "2026-9-1" isn\'t a day') },
  });
  await expect((await start({ cutof: '2026-09-01' })).result()).rejects.toMatchObject({
    cause: { message: expect.stringContaining('no such field: cutof') },
  });
});
