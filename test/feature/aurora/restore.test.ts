import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { prepareRestore } from '../../../src/activities/prepareRestore.ts';
import { restorePartition } from '../../../src/activities/restorePartition.ts';
import { AuroraLoadRefused } from '../../../src/aurora/loadErrors.ts';
import { openTable } from '../../../src/checks/openTable.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { parseDay } from '../../../src/model/day.ts';
import { planRestore } from '../../../src/restore/planRestore.ts';
import { archive, day, fill, manifestOf, tableRows } from '../../support/archived.ts';
import { type AuroraWorld, makeAuroraWorld } from '../../support/aurora.ts';
import { catalogue } from '../../support/columnTypes.ts';
import { asServed } from '../../support/readers.ts';

/** Two parts of 30 rows, one of 10. */
const small = { compression: 'none', chunkRows: 10, partBytes: 200 };
let world: AuroraWorld;
let usual: AuroraWorld['front']['settings'];

beforeAll(async () => {
  world = await makeAuroraWorld();
  await world.sql('SET GLOBAL local_infile = 1');
  usual = { ...world.front.settings };
  await fill(world, 'plain', 30, small);
  await archive(world, 'plain');
});
afterEach(() => {
  Object.assign(world.front.settings, usual);
  world.front.loaded.length = 0;
  world.front.beforeLoad = undefined;
});
afterAll(() => world.end());

async function restore(table: string, request: { into?: string; where?: string } = {}, attempt = world.attempt) {
  const input = { table: `${world.name}.${table}`, from: day, to: day, ...request };
  const { target } = await prepareRestore(world.source, input, attempt);
  return { target, ...(await restorePartition(world.source, { table: input.table, day, target }, attempt)) };
}

async function partKeys(table: string): Promise<string[]> {
  return (await manifestOf(world, table)).parts.map(({ object }) => object.key).sort();
}

/** The ways of a dry run. */
async function ways() {
  const { source, ledger, attempt } = world;
  const policy = findPolicy(world.config, `${world.name}.plain`);
  return (await planRestore({ source, ledger, policy, attempt }, { from: parseDay(day), to: parseDay(day) })).loading;
}

test('every type: LOAD DATA FROM S3 loads what LOAD DATA LOCAL does, in the same chunks', async () => {
  const types = catalogue('mysql');
  const defined = types.map(({ type }, index) => `c${index} ${type} NULL DEFAULT NULL`).join(', ');
  await world.sql(
    `CREATE TABLE ${world.name}.typed (id INT NOT NULL PRIMARY KEY, t DATETIME(6) NOT NULL, KEY by_time (t), ${defined})`,
  );
  const longest = Math.max(...types.map(({ hard }) => hard.length));
  await world.sql("SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'");
  for (let id = 0; id <= longest; id++) {
    const values = types.map(({ hard }) => (id === longest ? 'NULL' : (hard[id % hard.length] ?? 'NULL')));
    await world.sql(
      `INSERT INTO ${world.name}.typed VALUES (${[id, `'${day} 00:00:00.00000${id % 10}'`, ...values].join(', ')})`,
    );
  }
  world.add({ table: 'typed', timeColumn: 't', chunkRows: 7, compression: 'none', engine: 'auto' });
  await archive(world, 'typed');

  const byServer = await restore('typed');
  expect([...world.front.loaded].sort()).toEqual(await partKeys('typed'));
  Object.assign(world.config.tables.find(({ table }) => table === 'typed') ?? {}, { engine: 'stream' });
  const byWorker = await restore('typed', { into: `${world.name}.local` });
  expect(world.front.loaded).toHaveLength((await partKeys('typed')).length);
  expect(byServer.rows).toBe(longest + 1);
  const { schema } = await openTable(world.session, { database: world.name, table: 'typed', timeColumn: 't' });
  const served = await asServed(world, byServer.target, schema.columns);
  expect(served).toEqual(await asServed(world, `${world.name}.typed`, schema.columns));
  const placed = (target: string) => world.sql(`SELECT id, sediment_chunk FROM ${target} ORDER BY id`);
  const chunks = await placed(byServer.target);
  expect(chunks).toEqual(await placed(byWorker.target));
  expect(new Set(chunks.map((row) => row.sediment_chunk)).size).toBeGreaterThan(1);
});

test('a dry run says by which statement the parts are loaded, and why', async () => {
  expect(await ways()).toEqual([
    { parts: 3, way: 'LOAD DATA FROM S3', why: expect.stringMatching(/^Aurora MySQL 3\.10\.0 .*as arn:aws:iam/) },
  ]);
  world.front.settings.defaultRole = '';
  expect(await ways()).toEqual([
    { parts: 3, way: 'LOAD DATA LOCAL', why: expect.stringContaining('aws_default_s3_role is empty') },
  ]);
});

test('the server’s own refusal names the remedy, and nothing of the part is kept', async () => {
  world.front.settings.refusal = 'AccessDenied';
  const into = `${world.name}.refused`;
  const refused = await restore('plain', { into }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(AuroraLoadRefused);
  expect(String(refused)).toMatch(/s3:GetObjectVersion on arn:aws:s3:::\w+\/\*.*doctor --iam.*engine: stream/);
  expect(await tableRows(world, 'refused')).toEqual([]);
  world.front.settings.refusal = undefined;
  // The role is granted, and counts once it is active.
  await expect(world.sql(`LOAD DATA FROM S3 's3://${world.name}/x' INTO TABLE ${into}`)).rejects.toThrow(
    /you need .* the LOAD FROM S3 privilege/,
  );
  expect(await restore('plain', { into })).toMatchObject({ rows: 30 });
  expect(await tableRows(world, 'refused')).toEqual(await tableRows(world, 'plain'));
});

test('a server that commits the load by itself is found out, and what isn’t proved is taken out again', async () => {
  world.front.settings.loadCommits = true;
  await expect(restore('plain', { into: `${world.name}.committed` })).rejects.toThrow(
    /committed a LOAD DATA FROM S3 by itself.*engine: stream/,
  );
  expect(await tableRows(world, 'committed')).toEqual([]);
});

test('what is put under a key while the day is loaded fails the proof under that name, and nothing of it is kept', async () => {
  await fill(world, 'forged', 10, small);
  await archive(world, 'forged');
  world.front.beforeLoad = async (key) => {
    await world.source.store.remove(key);
    await world.source.store.putNew(key, Buffer.from('999,"forged",1.00,"2026-01-05 00:00:00.000000"\n'));
  };
  await expect(restore('forged')).rejects.toThrow(/\.csv is not the version that was verified; put it back/);
  expect(await tableRows(world, 'forged_restored_20260105')).toEqual([]);
});

test('a cancelled restore ends the server’s statement', async () => {
  world.front.settings.slowSeconds = 600;
  const controller = new AbortController();
  world.front.beforeLoad = async () => controller.abort(new Error('cancelled by the test'));
  await expect(
    restore('plain', { into: `${world.name}.stopped` }, { heartbeat: () => undefined, signal: controller.signal }),
  ).rejects.toThrow();
  expect(await tableRows(world, 'stopped')).toEqual([]);
});
