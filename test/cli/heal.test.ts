import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { Source } from '../../src/activities/source.ts';
import type { Day } from '../../src/archive/day.ts';
import { parseTableName } from '../../src/archive/tableName.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startWorkers } from '../../src/worker.ts';
import { archive } from '../export/job.ts';
import { makeScene, type Scene } from '../workflows/scene.ts';
import { makeWorld, type World } from '../world.ts';
import { asPrinted, policyFile, policyText, sediment } from './command.ts';

const day = '2026-01-05' as Day;
/** A name that a shell would take for something else. */
const dotted = '`it.has $dots`';
let world: World;
let scene: Scene;
let source: Source;
let config: string;
let env: Record<string, string>;
let workers: Awaited<ReturnType<typeof startWorkers>> | undefined;

beforeAll(async () => {
  [world, scene] = [await makeWorld('mysql'), await makeScene()];
  const policy = (table: string, more = '') =>
    `{ table: "${world.name}.${table}", timeColumn: t, purge: enabled, drift: stop, chunkRows: 10${more} }`;
  const tables = [policy(dotted), policy('rewound'), policy('served'), policy('fresh', ', retention: P900D')];
  config = policyFile(policyText({ name: world.name, tables }));
  source = new Source(loadConfig(config));
  env = { TEMPORAL_NAMESPACE: scene.namespace };
  const { address } = inject('stack').temporal;
  const bundle = { codePath: inject('bundle') };
  workers = await startWorkers(source.config, { address, namespace: scene.namespace, bundle });
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.run;
  source?.close();
  await scene?.close();
  world?.close();
});

/** Forty rows of one day, archived. */
async function archived(table: string): Promise<string> {
  const name = `${world.name}.${table}`;
  await world.sql(`CREATE TABLE ${name} (id INT PRIMARY KEY, note VARCHAR(20), t DATETIME NOT NULL, KEY (t))`);
  const rows = Array.from({ length: 40 }, (_, id) => `(${id}, 'as it was', '${day}' + INTERVAL ${id} SECOND)`);
  await world.sql(`INSERT INTO ${name} VALUES ${rows.join(',')}`);
  await archive(world, parseTableName(name), day, source);
  return name;
}

const purge = (table: string) => purgeSlice(source, { table, cutoff: '2026-06-01', forMillis: 60_000 }, world.attempt);
const stopOf = async (table: string): Promise<string> => {
  const error = await purge(table).then(
    () => new Error('it was purged'),
    (found: Error) => found,
  );
  return error.message;
};
const left = async (table: string) => Number((await world.sql(`SELECT COUNT(*) AS number FROM ${table}`))[0]?.number);

test('a day that stopped is healed by the command that its stop names, and its purge goes on to the end', async () => {
  const table = await archived(dotted);
  await world.sql(`UPDATE ${table} SET note = 'new' WHERE id IN (5, 6)`);
  const stop = await stopOf(table);
  expect(stop).toContain(`sediment heal '${table}' --day ${day}`);
  await world.ledger.putHold({ scope: table, owner: 'dba', reason: 'month-end close', until: null });
  const held = await asPrinted(stop, config, env);
  expect(held).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('is not healed: held by dba: month-end close'),
  });
  await world.ledger.dropHold(table);
  expect(await asPrinted(stop, config, env)).toMatchObject({
    code: 0,
    stdout: `${table} ${day} healed: 0 rows added, 2 changed, 0 removed; 1 part written, read back and proved.\nThe purge of ${table} goes on.\n`,
  });
  await expect.poll(() => left(table), { timeout: 20_000 }).toBe(0);
  expect(await world.ledger.readPartition({ database: world.name, table: 'it.has $dots', day: day })).toMatchObject({
    rowsDeleted: 40,
    rowsChanged: 2,
  });
  const again = await sediment(['heal', table, '--day', day, '--json', '-c', config], env);
  expect(JSON.parse(again.stdout)).toMatchObject({ version: 1, added: 0, changed: 0, parts: 0, purges: true });
});

test('a day that isn’t archived, or isn’t due, is not healed, and the command says what to do', async () => {
  const table = await archived('fresh');
  const run = (of: string) => sediment(['heal', table, '--day', of, '-c', config], env);
  expect(await run(day)).toMatchObject({ code: 1, stderr: expect.stringMatching(/isn't past its retention \(P900D/) });
  expect(await run('2026-01-06')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`sediment backfill --table ${table} --from 2026-01-06 --to 2026-01-06`),
  });
  expect((await world.ledger.readPartition({ database: world.name, table: 'fresh', day: day }))?.state).toBe(
    'archived',
  );
});

test('another server is accepted by the command that the stop names, with who and why; nothing is purged before (P14)', async () => {
  const table = await archived('served');
  const servers = `${world.ledger.name}.servers`;
  await world.sql(`UPDATE ${servers} SET server_id = 'the one before'`);
  const stop = await stopOf(table);
  expect(await left(table)).toBe(40);
  expect(await asPrinted(stop, config, env)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Server \S+ is accepted, beside the one before\./),
  });
  const [row] = await world.sql(`SELECT * FROM ${servers} WHERE server_id <> 'the one before'`);
  expect(row).toMatchObject({ owner: expect.any(String), reason: '…' });
  expect(await asPrinted(stop, config, env)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('it was accepted before. Nothing was changed.'),
  });
  expect(await purge(table)).toMatchObject({ deleted: 40 });
});

test('a rewind is accepted by the command that the stop names, and recorded; rows that are back go again (P77)', async () => {
  const table = await archived('rewound');
  await purge(table);
  // The backup is from before the day was archived: its ledger knows nothing of it, the table has it all.
  for (const name of ['partitions', 'parts', 'tables'])
    await world.sql(`DELETE FROM ${world.ledger.name}.${name} WHERE table_name = 'rewound'`);
  const rows = Array.from({ length: 40 }, (_, id) => `(${id}, 'as it was', '${day}' + INTERVAL ${id} SECOND)`);
  await world.sql(`INSERT INTO ${table} VALUES ${rows.join(',')}`);
  const stop = await archive(world, parseTableName(table), day, source).then(
    () => 'it was archived',
    (error: Error) => error.message,
  );
  expect(await asPrinted(stop, config, env)).toMatchObject({
    code: 0,
    stdout: `${table}: the ledger was brought forward to S3 for 1 day, ${day}. Rows that are back are proved and deleted again by the next purge.\n`,
  });
  expect(await world.sql(`SELECT kind, scope, reason, owner FROM ${world.ledger.name}.accepted`)).toEqual([
    { kind: 'rewind', scope: table, reason: '…', owner: expect.stringMatching(/./) },
  ]);
  const again = await sediment(['accept', '--all', '--rewind', '--reason', 'the restore of today', '-c', config], env);
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${table}: no manifest in S3 is newer than the ledger; nothing was changed.`),
  });
  expect(await purge(table)).toMatchObject({ deleted: 40 });
});
