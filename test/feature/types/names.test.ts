import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTable } from '../../../src/checks/openTable.ts';
import { identifier, qualified } from '../../../src/mysql/quote.ts';
import { archiveDay, archivedHex, countRows, purgeAll, readManifest } from '../../support/job.ts';
import { asServed } from '../../support/readers.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';

describe.each(['mysql', 'mariadb'] as const)('names on %s', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  async function wholeJob(
    { database, table }: { database: string; table: string },
    columns: { time: string; key: string; others: string },
  ): Promise<void> {
    const { time, key, others } = columns;
    await world.sql(`CREATE DATABASE IF NOT EXISTS ${identifier(database)} CHARACTER SET utf8mb4`);
    const name = { database, table };
    world.add({ ...name, timeColumn: time, chunkRows: 10 });
    const [timed, keyed] = [identifier(time), identifier(key)];
    await world.sql(
      `CREATE TABLE ${qualified(database, table)} (id INT NOT NULL, ${keyed} INT NOT NULL, ${timed} DATETIME
        NOT NULL, ${others}, PRIMARY KEY (${keyed}, id), KEY (${timed}))`,
    );
    const rows = Array.from({ length: 45 }, (_, id) => `(${id}, ${id % 3}, '${day} 10:00:0${id % 7}')`);
    await world.sql(`INSERT INTO ${qualified(database, table)} (id, ${keyed}, ${timed}) VALUES ${rows.join(', ')}`);
    const { schema } = await openTable(world.session, { ...name, timeColumn: time });
    const served = await asServed(world, qualified(database, table), schema.columns, `${timed}, ${keyed}, id`);
    await archiveDay(world, name, day);
    expect(await archivedHex(world, name, day)).toEqual(served);
    expect((await readManifest(world, name, day)).source).toMatchObject(name);
    expect(await purgeAll(world, name)).toBe(45);
    expect(await countRows(world, name)).toBe(0);
  }

  test.each([
    ['quo"t\'es', 'a"b\'c'],
    ['dot.ted', 'orders.2026'],
    ['sp ace', 'or der'],
    ['back`tick', 'a``b`'],
    ['Größe', '注文 ÿ'],
    ['_hidden', '.dotted'],
    ['select', 'order'],
    ['back\\slash', "a\\'b"],
    ['100%', 'a%20b?c#d&e'],
  ])('a table %s.%s goes through the whole job', async (database, table) => {
    const name = { database: `${database} ${world.name}`, table };
    await wholeJob(name, { time: 't', key: 'k', others: 'note INT NULL DEFAULT 7' });
  });

  test('columns that are generated, invisible, reserved, or called as the procedure’s own variables go through the whole job', async () => {
    const columns = [
      'twice INT GENERATED ALWAYS AS (id * 2) VIRTUAL',
      "kept VARCHAR(20) GENERATED ALWAYS AS (CONCAT(id, ',\"')) STORED",
      'hidden INT INVISIBLE DEFAULT 3',
      ...[
        'order',
        'a"b',
        "it's",
        'dot.ted',
        'sp ace',
        'back`tick',
        '漢字',
        'year',
        'back\\slash',
        '?',
        'purged',
        'digested',
      ].map((name) => `${identifier(name)} INT NULL DEFAULT 5`),
      ...['p_salt', 'v_rows', 'p_to_0', 'v_lost', 'row_digest'].map((name) => `${name} VARCHAR(40) NULL DEFAULT 'x'`),
    ];
    const name = { database: world.name, table: 'columns' };
    await wholeJob(name, { time: 'p_window_start', key: 'p_from_1', others: columns.join(', ') });
  });

  test('a table of 42 CJK letters, whose keys are over 700 bytes, is healed: what was replaced is moved away whole', async () => {
    const name = { database: world.name, table: '語'.repeat(42) };
    world.add({ ...name, timeColumn: 't', chunkRows: 10 });
    const table = qualified(name.database, name.table);
    await world.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, v INT NOT NULL, t DATETIME NOT NULL, KEY (t))`);
    const rows = Array.from({ length: 40 }, (_, id) => `(${id}, ${id}, '${day} 10:00:00')`);
    await world.sql(`INSERT INTO ${table} VALUES ${rows.join(', ')}`);
    await archiveDay(world, name, day);
    const before = await readManifest(world, name, day);
    await world.sql(`UPDATE ${table} SET v = -1 WHERE id = 7`);
    expect(await purgeAll(world, name)).toBe(40);
    const after = await readManifest(world, name, day);
    const replaced = after.heals.flatMap(({ superseded }) => superseded);
    expect(replaced.length).toBeGreaterThan(0);
    expect(Math.max(...replaced.map((key) => key.length))).toBeGreaterThan(700);
    const named = after.parts.flatMap((part) => [part.object.key, part.chunkIndex.key]);
    const place = before.parts[0]?.object.key.replace(/[^/]*$/, '') ?? '';
    const own = [`${place}_manifest.json`, `${place}_purge.json`];
    expect((await world.source.store.list(place)).sort()).toEqual([...named, ...own].sort());
    expect(await world.source.store.list(`_superseded/${place}`)).toHaveLength(replaced.length);
  });
});
