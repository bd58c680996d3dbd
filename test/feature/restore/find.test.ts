import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRows } from '../../../src/find/findRows.ts';
import { byteCollations, compareKeys, plainCollations } from '../../../src/find/keyOrder.ts';
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

test('a key that is a plain text is found with one chunk of a part read; one in an order of a language with all of them', async () => {
  for (const [table, collation] of [
    ['codes', 'utf8mb4_0900_ai_ci'],
    ['danish', 'utf8mb4_da_0900_ai_ci'],
  ] as const) {
    await world.sql(
      `CREATE TABLE ${world.name}.${table} (id CHAR(12) COLLATE ${collation} PRIMARY KEY, t DATETIME(6) NOT NULL, KEY (t))`,
    );
    world.add({ table, timeColumn: 't', chunkRows: 10 });
    const rows = Array.from(
      { length: 100 },
      (_, index) => `('k-${String(index).padStart(4, '0')}', '${day}' + INTERVAL ${index} SECOND)`,
    );
    await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${rows.join(',')}`);
    await archive(world, table);
  }
  expect(await find('codes', "id = 'k-0042'")).toMatchObject({ rows: [{ row: { id: 'k-0042' } }], chunksRead: 1 });
  expect(await find('codes', "id = 'K-0042'")).toMatchObject({ rows: [], chunksRead: 1 });
  expect(await find('danish', "id = 'k-0042'")).toMatchObject({ rows: [{ row: { id: 'k-0042' } }], chunksRead: 10 });
});

test.each(['mysql', 'mariadb'] as const)(
  'plain texts are compared as %s orders them, under each collation that is compared here',
  async (flavor) => {
    const other = flavor === 'mysql' ? world : await makeWorld(flavor);
    try {
      const letters = '-0123456789ABCXYZabcxyz';
      let seed = 12_345;
      const next = (most: number) => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        return Math.floor((seed / 2_147_483_648) * most);
      };
      const texts = ['', '-', 'a', 'A', 'aa', 'AA', 'a-', 'a0', 'ch', 'll', 'ss', 'ae', 'oe', 'Z', 'z', 'i', 'I'];
      for (let count = 0; count < 200; count++)
        texts.push(Array.from({ length: 1 + next(6) }, () => letters[next(letters.length)]).join(''));
      const known = await other.sql(
        'SELECT COLLATION_NAME AS name, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATIONS',
      );
      let compared = 0;
      for (const collation of [...plainCollations, ...byteCollations]) {
        if (!known.some(({ name }) => name === collation)) continue;
        compared++;
        const charset = collation.split('_')[0];
        const values = texts
          .map((text) => `SELECT CONVERT('${text}' USING ${charset}) COLLATE ${collation} AS s`)
          .join(' UNION ALL ');
        const sorted = (
          await other.sql(`SELECT CONVERT(s USING utf8mb4) AS s FROM (${values}) AS texts ORDER BY texts.s`)
        ).map(({ s: text }) => String(text));
        const column = {
          name: 's',
          dataType: 'varchar',
          columnType: 'varchar(9)',
          nullable: false,
          generated: false,
          charset: String(charset),
          collation,
        };
        const wrong = sorted
          .slice(1)
          .filter((text, index) => (compareKeys(column, sorted[index] ?? '', text) ?? 1) > 0);
        expect({ collation, wrong }).toEqual({ collation, wrong: [] });
      }
      expect(compared).toBeGreaterThan(8);
    } finally {
      if (other !== world) other.close();
    }
  },
);
