import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { writersOf } from '../../../src/aurora/chooseEngine.ts';
import { probeDialect } from '../../../src/aurora/probe.ts';
import { Source } from '../../../src/job/source.ts';
import { createProcedures } from '../../../src/procedures/createProcedures.ts';
import { archivedRows, day, fill, tableRows } from '../../support/archived.ts';
import { type AuroraWorld, makeAuroraWorld, staged } from '../../support/aurora.ts';
import { archiveDay, purgeAll, readManifest } from '../../support/job.ts';
import { Wire } from '../../support/wire.ts';

let world: AuroraWorld;
let usual: AuroraWorld['front']['settings'];

beforeAll(async () => {
  world = await makeAuroraWorld();
  usual = { ...world.front.settings };
});
afterEach(() => {
  Object.assign(world.front.settings, usual);
  Object.assign(world.source, { auroraRangeBytes: 2 ** 30 });
});
afterAll(() => world.end());

/** Goes on as if nothing had been: every row once, and nothing left in staging. */
async function endsWell(table: string): Promise<void> {
  await archiveDay(world, { database: world.name, table }, day);
  expect(await archivedRows(world, table)).toEqual(await tableRows(world, table));
  expect(await staged(world)).toEqual([]);
}

test('a day of several ranges and objects is archived whole, purged against its proof, and leaves no staging', async () => {
  await fill(world, 'ranges', 1500, { engine: 'auto', chunkRows: 20, partBytes: 30_000 });
  Object.assign(world.source, { auroraRangeBytes: 20_000 });
  world.front.settings.objectBytes = 9_000;
  await endsWell('ranges');
  expect(await purgeAll(world, { database: world.name, table: 'ranges' })).toBe(1500);
});

test('a range ends where MySQL’s own sum of its rows says so, before the server writes a byte to its disk', async () => {
  await fill(world, 'summed', 1500, { engine: 'aurora', chunkRows: 20 });
  const wire = await Wire.open(world.config);
  const source = Object.assign(new Source(wire.config), { auroraRangeBytes: 20_000 });
  world.front.settings.diskBytes = 22_000;
  await archiveDay(world, { database: world.name, table: 'summed' }, day, source);
  source.close();
  await wire.close();
  const calls = wire.steps.filter((step) => /^sql CALL \S+export_/.test(step));
  expect(calls).toHaveLength(6);
});

test('without compression the server’s objects become the parts by a copy in the store, from the version that was read', async () => {
  await fill(world, 'copied', 1500, { engine: 'aurora', compression: 'none', chunkRows: 20, partBytes: 20_000 });
  const wire = await Wire.open(world.config);
  const source = new Source(wire.config);
  await archiveDay(world, { database: world.name, table: 'copied' }, day, source);
  source.close();
  await wire.close();
  const { parts, rows } = await readManifest(world, { database: world.name, table: 'copied' }, day);
  const copied = wire.steps.filter((step) => /\.csv\?.*x-id=UploadPartCopy/.test(step));
  expect(copied).toHaveLength(parts.length);
  expect(wire.steps.filter((step) => /\.csv\?.*x-id=UploadPart(&|$)/.test(step))).toEqual([]);
  expect(parts.length).toBeGreaterThan(2);
  const bodies = await Promise.all(
    parts.map(({ object }) => world.source.store.read(object.key, { versionId: object.versionId })),
  );
  expect(Buffer.concat(bodies).toString().split('\n')).toHaveLength(rows + 1);
  expect(await staged(world)).toEqual([]);
  expect(await purgeAll(world, { database: world.name, table: 'copied' })).toBe(1500);
});

test('without compression a range whose objects are too small for parts of an upload is sent by the worker', async () => {
  await fill(world, 'sent', 300, { engine: 'aurora', compression: 'none', partBytes: 1_000_000 });
  world.front.settings.objectBytes = 4_000;
  await archiveDay(world, { database: world.name, table: 'sent' }, day);
  expect(await readManifest(world, { database: world.name, table: 'sent' }, day)).toMatchObject({
    rows: 300,
    parts: [expect.anything()],
  });
  expect(await purgeAll(world, { database: world.name, table: 'sent' })).toBe(300);
});

test('the probe finds every byte as the dialect says, and leaves nothing', async () => {
  const session = await world.source.open('REPEATABLE READ');
  try {
    expect(await probeDialect(session, world.source)).toMatchObject({ rows: 16, objects: 1, differs: undefined });
  } finally {
    session.close();
  }
  expect(await staged(world)).toEqual([]);
});

test('export procedures are deployed once, and go when no policy needs them any more', async () => {
  await fill(world, 'deployed', 1, { engine: 'aurora', purge: 'disabled' });
  const deploy = () =>
    createProcedures({ source: world.source, attempt: world.attempt }, (session) => writersOf(session, world.config));
  expect(await deploy()).toMatchObject({ created: expect.any(Number), removed: 0, failed: {} });
  expect(await deploy()).toMatchObject({ created: 0, removed: 0 });
  world.config.tables = world.config.tables.filter(({ table }) => table !== 'deployed');
  Object.assign(world.source, { staleProcedureDays: 0 });
  expect(await deploy()).toMatchObject({ created: 0, removed: 1 });
});
