import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRows } from '../../../src/find/findRows.ts';
import type { Day } from '../../../src/model/day.ts';
import { archive, day, fill, heal, manifestOf, purgeToEnd } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

function find(table: string, where: string, more: { superseded?: boolean; limit?: number; from?: Day } = {}) {
  const policy = world.config.tables.find((each) => each.table === table);
  if (!policy) throw new Error(`no policy for ${table}`);
  return findRows(world.source, world.ledger, policy, { where, superseded: false, limit: 100, ...more });
}

test('a purged row is found by its key with one chunk read, in its part and chunk', async () => {
  await fill(world, 'found', 200);
  await archive(world, 'found');
  await purgeToEnd(world, 'found');
  const { rows, days, chunksRead } = await find('found', 'id = 77');
  const { parts } = await manifestOf(world, 'found');
  const part = parts.find((each) => each.part === rows[0]?.part);
  expect({ days, chunksRead }).toEqual({ days: 1, chunksRead: 1 });
  expect(rows).toEqual([
    {
      ...{ day, part: part?.part, pass: 1, chunk: expect.any(Number), superseded: false },
      object: {
        key: part?.object.key,
        versionId: part?.object.versionId,
        offset: expect.any(Number),
        bytes: expect.any(Number),
      },
      row: { id: '77', note: 'note 77', amount: '77.50', t: `${day} 00:00:25.000000` },
    },
  ]);
  expect(await find('found', 'id = 9999')).toMatchObject({ rows: [], chunksRead: 0 });
});

test('by other columns every chunk of the days is read; the search ends at its limit and says so', async () => {
  await fill(world, 'other', 60);
  await archive(world, 'other');
  expect((await find('other', "note = 'note 7' and amount = 7.5")).rows.map(({ row }) => row.id)).toEqual(['7']);
  await world.sql(`UPDATE ${world.name}.other SET note = 'same'`);
  await purgeToEnd(world, 'other');
  expect(await find('other', "note = 'same'", { limit: 5 })).toMatchObject({ more: true, rows: { length: 5 } });
  expect(await find('other', 'id = 7', { from: '2026-01-06' as Day })).toMatchObject({ rows: [], days: 0 });
});

test('every version of a key: of a later pass, and on demand those that heals replaced', async () => {
  const name = `${world.name}.versions`;
  await fill(world, 'versions', 30, { recreated: 'keepBoth' });
  await archive(world, 'versions');
  await world.sql(`UPDATE ${name} SET note = 'healed' WHERE id = 3`);
  await purgeToEnd(world, 'versions');
  await world.sql(`INSERT INTO ${name} (id, note, amount, t) VALUES (3, 'back', 1, '${day} 00:00:01')`);
  await purgeToEnd(world, 'versions');
  const notes = async (superseded: boolean) =>
    (await find('versions', 'id = 3', { superseded })).rows.map((each) => [each.row.note, each.pass, each.superseded]);
  const now = await notes(false);
  expect(now.map(([note]) => note)).toEqual(['healed', 'back']);
  expect(await notes(true)).toEqual([...now, ['note 3', 1, true]]);
});

test('a column that the table lacks is refused; a damaged chunk is named and none of its rows shown', async () => {
  await fill(world, 'damaged', 20);
  await archive(world, 'damaged');
  await expect(find('damaged', 'nope = 1')).rejects.toThrow(/names nope, and the columns are id, note, amount, t/);
  const { read } = world.source.store;
  world.source.store.read = async (key, how) => {
    const bytes = await read.call(world.source.store, key, how);
    if (key.endsWith('.csv.gz')) bytes[bytes.length - 6] = (bytes[bytes.length - 6] ?? 0) ^ 0xff;
    return bytes;
  };
  await expect(find('damaged', 'id = 3')).rejects.toThrow();
  world.source.store.read = read;
});

test('a version that a heal replaced is found where the policy’s compression was edited before the heal', async () => {
  await fill(world, 'recompressed', 30, { compression: 'gzip' });
  await archive(world, 'recompressed');
  const policy = world.config.tables.find(({ table }) => table === 'recompressed');
  Object.assign(policy ?? {}, { compression: 'none' });
  for (const note of ['first', 'second']) {
    await world.sql(`UPDATE ${world.name}.recompressed SET note = '${note}'`);
    await heal(world, 'recompressed');
  }
  const { rows } = await find('recompressed', 'id = 3', { superseded: true });
  expect(rows.map(({ row, superseded }) => [row.note, superseded])).toEqual([
    ['second', false],
    ['note 3', true],
    ['first', true],
  ]);
});
