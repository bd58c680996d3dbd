import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitManifest } from '../../src/activities/commitManifest.ts';
import { exportPartition } from '../../src/activities/exportPartition.ts';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { verifyPartition } from '../../src/activities/verifyPartition.ts';
import { Source } from '../../src/job/source.ts';
import { Fenced } from '../../src/ledger/ledger.ts';
import { makeWorld, type World } from '../support/world.ts';

const day = '2026-01-05';
let world: World;

beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

async function fill(table: string): Promise<{ table: string; day: string }> {
  await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  world.add({ table, timeColumn: 't', chunkRows: 10, partBytes: 1 });
  const rows = Array.from({ length: 50 }, (_, id) => `(${id}, '${day} 10:00:00')`);
  await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${rows.join(',')}`);
  return { table: `${world.name}.${table}`, day };
}

async function archive(input: { table: string; day: string }): Promise<void> {
  await exportPartition(world.source, input, world.attempt);
  await verifyPartition(world.source, input, world.attempt);
  await commitManifest(world.source, input, world.attempt);
}

test('an attempt whose epoch was taken writes nothing into the ledger', async () => {
  const input = await fill('overtaken');
  await archive(input);
  const key = { database: world.name, table: 'overtaken', day: input.day as never };
  const before = await world.ledger.readPartition(key);
  const late = world.ledger.session.transaction(() => world.ledger.holdEpoch(key, (before?.epoch ?? 0) - 1));
  await expect(late).rejects.toThrow(Fenced);
  expect(await world.ledger.readPartition(key)).toEqual(before);
});

test('a retry goes on after the last completed part, and keeps the parts that are up', async () => {
  const input = await fill('resumed');
  let uploads = 0;
  const dying = new Source(world.config);
  const original = dying.store.createUpload.bind(dying.store);
  dying.store.createUpload = (key, type) => {
    // Each part has two objects: the fifth upload is the third part's own.
    if (++uploads === 5) throw new Error('the machine is gone');
    return original(key, type);
  };
  await expect(exportPartition(dying, input, world.attempt)).rejects.toThrow('the machine is gone');
  dying.close();
  const key = { database: world.name, table: 'resumed', day: input.day as never };
  const kept = await world.ledger.readParts(key);
  expect(kept).toHaveLength(2);
  await archive(input);
  const parts = await world.ledger.readParts(key);
  expect(parts.slice(0, 2)).toEqual(kept);
  expect(parts.reduce((rows, part) => rows + part.rows, 0)).toBe(50);
});

test('a purged day is never exported afresh, even if its manifest has gone missing (P63)', async () => {
  const input = await fill('purged');
  await archive(input);
  await purgeSlice(world.source, { table: input.table, cutoff: '2026-06-01', forMillis: 60_000 }, world.attempt);
  const prefix = `${world.name}/purged/`;
  const [manifest] = (await world.source.store.list(prefix)).filter((key) => key.endsWith('_manifest.json'));
  await world.source.store.remove(String(manifest));
  const before = await world.source.store.list(prefix);
  expect(await exportPartition(world.source, input, world.attempt)).toMatchObject({ archived: true });
  await commitManifest(world.source, input, world.attempt);
  expect(await world.source.store.list(prefix)).toEqual(before);
});

test('a committer that dies before its sweep leaves no stray object for good: the retry sweeps', async () => {
  const input = await fill('swept');
  await exportPartition(world.source, input, world.attempt);
  await verifyPartition(world.source, input, world.attempt);
  const stray = `${world.name}/swept/year=2026/month=01/day=05/swept.20260105.00007.e1.csv.gz`;
  await world.source.store.putNew(stray, Buffer.from('left by a dead attempt'));
  const dying = new Source(world.config);
  dying.store.list = async () => {
    throw new Error('the machine is gone');
  };
  await expect(commitManifest(dying, input, world.attempt)).rejects.toThrow('the machine is gone');
  dying.close();
  await commitManifest(world.source, input, world.attempt);
  expect(await world.source.store.list(`${world.name}/swept/`)).not.toContain(stray);
});
