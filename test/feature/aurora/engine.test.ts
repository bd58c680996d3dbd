import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { encodingOf } from '../../../src/archive/column.ts';
import { digestCsv } from '../../../src/archive/digest.ts';
import { fill } from '../../support/archived.ts';
import { type AuroraWorld, makeAuroraWorld, staged } from '../../support/aurora.ts';
import { catalogue } from '../../support/columnTypes.ts';
import { archiveDay, readManifest } from '../../support/job.ts';

const day = '2026-01-05';
let world: AuroraWorld;

beforeAll(async () => {
  world = await makeAuroraWorld();
});
afterAll(() => world.end());

/** A day's archive as its objects hold it: the lines, and the chunks' rows. */
async function linesOf(table: string) {
  const manifest = await readManifest(world, { database: world.name, table }, day);
  const bodies = [];
  for (const { object } of manifest.parts)
    bodies.push(gunzipSync(await world.source.store.read(object.key, { versionId: object.versionId })));
  const csv = Buffer.concat(bodies);
  return { manifest, csv, lines: csv.toString('latin1').split('\n').slice(0, -1).sort() };
}

test('both engines archive the same bytes, columns and digests of a table of every type', async () => {
  const types = catalogue('mysql');
  const defined = types.map(({ type }, index) => `c${index} ${type} NULL DEFAULT NULL`).join(', ');
  await world.sql(
    `CREATE TABLE ${world.name}.streamed (id INT NOT NULL PRIMARY KEY, t DATETIME(6) NOT NULL, KEY by_time (t), ${defined})`,
  );
  const longest = Math.max(...types.map(({ hard }) => hard.length));
  await world.sql("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'");
  for (let id = 0; id <= longest; id++) {
    const values = types.map(({ hard }) => (id === longest ? 'NULL' : (hard[id % hard.length] ?? 'NULL')));
    await world.sql(
      `INSERT INTO ${world.name}.streamed VALUES (${[id, `'${day} 00:00:00.00000${id % 10}'`, ...values].join(', ')})`,
    );
  }
  await world.sql(`CREATE TABLE ${world.name}.written LIKE ${world.name}.streamed`);
  await world.sql(`INSERT INTO ${world.name}.written SELECT * FROM ${world.name}.streamed`);
  world.add({ table: 'streamed', timeColumn: 't', chunkRows: 7, engine: 'stream' });
  world.add({ table: 'written', timeColumn: 't', chunkRows: 7, engine: 'aurora' });
  for (const table of ['streamed', 'written']) await archiveDay(world, { database: world.name, table }, day);
  const streamed = await linesOf('streamed');
  const written = await linesOf('written');
  expect(written.lines).toEqual(streamed.lines);
  expect(written.manifest.columns).toEqual(streamed.manifest.columns);
  const encodings = streamed.manifest.columns.map(encodingOf);
  const { salt, rows, xor } = written.manifest;
  expect(digestCsv(streamed.csv, encodings, salt)).toEqual({ rows, xor });
  expect(await staged(world)).toEqual([]);
});

test('the manifest names the engine that exported the day, whatever the policy says at its commit', async () => {
  const name = { database: world.name, table: 'renamed' };
  await fill(world, 'renamed', 20, { engine: 'aurora' });
  const input = { table: `${world.name}.renamed`, day };
  await exportPartition(world.source, input, world.attempt);
  const policy = world.config.tables.find(({ table }) => table === 'renamed');
  if (policy) policy.engine = 'stream';
  await verifyPartition(world.source, input, world.attempt);
  await commitManifest(world.source, input, world.attempt);
  expect(await readManifest(world, name, day)).toMatchObject({ engine: 'aurora', rows: 20 });
});
