import { afterAll, beforeAll, expect, test } from 'vitest';
import { writersOf } from '../../../src/aurora/chooseEngine.ts';
import { probeDialect } from '../../../src/aurora/probe.ts';
import { createProcedures } from '../../../src/procedures/createProcedures.ts';
import { archivedRows, day, fill, tableRows } from '../../support/archived.ts';
import { type AuroraWorld, makeAuroraWorld, staged } from '../../support/aurora.ts';
import { archiveDay, purgeAll } from '../../support/job.ts';

let world: AuroraWorld;

beforeAll(async () => {
  world = await makeAuroraWorld();
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
