import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { AuroraWriteFailed, AuroraWriteRefused, LocalDiskFull } from '../../../src/aurora/writeErrors.ts';
import type { Attempt } from '../../../src/job/attempt.ts';
import { archivedRows, day, fill, tableRows } from '../../support/archived.ts';
import { type AuroraWorld, makeAuroraWorld, staged } from '../../support/aurora.ts';
import { archiveDay } from '../../support/job.ts';

let world: AuroraWorld;
let usual: AuroraWorld['front']['settings'];

beforeAll(async () => {
  world = await makeAuroraWorld();
  usual = { ...world.front.settings };
});
afterEach(() => void Object.assign(world.front.settings, usual));
afterAll(() => world.end());

function exportOf(table: string, attempt: Attempt = world.attempt) {
  return exportPartition(world.source, { table: `${world.name}.${table}`, day }, attempt);
}

/** A heartbeat that acts once the server writes: before that, an attempt only says why it waits. */
function whileWriting(act: () => void): Attempt['heartbeat'] {
  return (progress) => {
    if (!('held' in progress)) act();
  };
}

/** Goes on as if nothing had been: every row once, and nothing left in staging. */
async function endsWell(table: string): Promise<void> {
  await archiveDay(world, { database: world.name, table }, day);
  expect(await archivedRows(world, table)).toEqual(await tableRows(world, table));
  expect(await staged(world)).toEqual([]);
}

test('a role that S3 denies stops the day under its own name; nothing is published, staging is clean, a retry ends it', async () => {
  await fill(world, 'denied', 200, { engine: 'aurora' });
  world.front.settings.refusal = 'AccessDenied';
  await expect(exportOf('denied')).rejects.toThrow(AuroraWriteRefused);
  expect(await world.source.store.list(`${world.name}/denied/`)).toEqual([]);
  expect(await staged(world)).toEqual([]);
  world.front.settings.refusal = undefined;
  await endsWell('denied');
});

test('parts that a failed statement left behind are swept, and never read', async () => {
  await fill(world, 'halfway', 300, { engine: 'aurora' });
  Object.assign(world.front.settings, { objectBytes: 2_000, failAfter: 2 });
  await expect(exportOf('halfway')).rejects.toThrow(AuroraWriteFailed);
  expect(await staged(world)).toEqual([]);
  world.front.settings.failAfter = undefined;
  await endsWell('halfway');
});

test('a range that the local disk doesn’t hold is written in halves, and where a chunk is too much the attempt says so', async () => {
  await fill(world, 'large', 300, { engine: 'aurora' });
  world.front.settings.diskBytes = 100;
  const error = await exportOf('large').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LocalDiskFull);
  expect(error).toMatchObject({ rows: 10, message: expect.stringContaining('FreeLocalStorage') });
  expect(await staged(world)).toEqual([]);
  world.front.settings.diskBytes = 4_000;
  await endsWell('large');
});

test('a cancelled export ends its statement on the server at once', async () => {
  await fill(world, 'cancelled', 200, { engine: 'aurora' });
  world.front.settings.slowSeconds = 600;
  const controller = new AbortController();
  const heartbeat = whileWriting(() => controller.abort(new Error('cancelled by the test')));
  await expect(exportOf('cancelled', { heartbeat, signal: controller.signal })).rejects.toThrow(
    'cancelled by the test',
  );
  expect(await staged(world)).toEqual([]);
  world.front.settings.slowSeconds = 0;
  await endsWell('cancelled');
});

test('a failover in the middle of an export is an error that is tried again, and the next attempt ends the day', async () => {
  await fill(world, 'failedOver', 200, { engine: 'aurora' });
  world.front.settings.slowSeconds = 60;
  await expect(
    exportOf('failedOver', { ...world.attempt, heartbeat: whileWriting(() => world.front.failOver()) }),
  ).rejects.toThrow();
  Object.assign(world.front.settings, usual);
  await world.reconnect();
  await endsWell('failedOver');
});
