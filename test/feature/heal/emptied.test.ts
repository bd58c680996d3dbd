import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archive, archivedRows, fill, heal, manifestOf, purge, purgeToEnd, tableRows } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s, between export and purge', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const alter = (table: string, what: string) => world.sql(`ALTER TABLE ${world.name}.${table} ${what}`);
  const cases: [string, string[], RegExp][] = [
    ['nulls', ['DROP COLUMN note', 'ADD COLUMN note VARCHAR(40)'], /column note is NULL now .+in \d+ of \d+ rows/],
    ['onestatement', ['DROP COLUMN note, ADD COLUMN note VARCHAR(40)'], /column note is NULL now/],
    [
      'longer',
      ['DROP COLUMN note', 'ADD COLUMN note VARCHAR(80) AFTER id'],
      /column note is NULL now.+as after DROP COLUMN note, ADD COLUMN note.+raise maxHealRemoval/,
    ],
    ['given', ['DROP COLUMN note', "ADD COLUMN note VARCHAR(40) DEFAULT 'it''s new'"], /column note is "it's new" now/],
    ['clock', ['DROP COLUMN note', 'ADD COLUMN note VARCHAR(40) DEFAULT (NOW())'], /column note has values now that/],
    [
      'computed',
      ['DROP COLUMN note', 'ADD COLUMN note VARCHAR(40) DEFAULT (CONCAT(id, id))'],
      /column note has values now that the server computes, such as "\d+", where others were archived.+raise maxHealRemoval/,
    ],
    [
      'stored',
      ['DROP COLUMN amount', 'ADD COLUMN amount DECIMAL(20,2) AS (id * 2) STORED'],
      /column amount has values now/,
    ],
    ['virtual', ['DROP COLUMN amount', 'ADD COLUMN amount DECIMAL(20,2) AS (id * 2)'], /column amount has values now/],
    [
      'counted',
      ['DROP COLUMN amount', 'ADD COLUMN amount BIGINT NOT NULL AUTO_INCREMENT UNIQUE'],
      /column amount has values now/,
    ],
    [
      'rounded',
      ['MODIFY amount DECIMAL(20,0)'],
      /column amount was decimal\(20,2\) and is decimal\(20,0\), and its archived/,
    ],
    ['implicit', ['DROP COLUMN amount', 'ADD COLUMN amount DECIMAL(20,2) NOT NULL'], /column amount is "0\.00" now/],
  ];
  test.each(cases)(
    'a column that is dropped and added again (%s) stops the heal: no archived value is overwritten (P100)',
    async (table, alters, said) => {
      await fill(world, table, 60);
      await archive(world, table);
      const before = await archivedRows(world, table);
      for (const each of alters) await alter(table, each);
      expect(await purge(world, table)).toMatchObject({ drifted: true, deleted: 0 });
      for (let round = 0; round < 2; round++) await expect(heal(world, table)).rejects.toThrow(said);
      expect(await archivedRows(world, table)).toEqual(before);
      expect(await tableRows(world, table)).toHaveLength(60);
    },
  );

  test('values that were emptied on purpose are healed under a larger maxHealRemoval', async () => {
    await fill(world, 'meant', 60);
    await archive(world, 'meant');
    await world.sql(`UPDATE ${world.name}.meant SET note = NULL`);
    await expect(heal(world, 'meant')).rejects.toThrow(/column note is NULL now/);
    const policy = world.config.tables.find(({ table }) => table === 'meant');
    Object.assign(policy ?? {}, { maxHealRemoval: 1 });
    await purgeToEnd(world, 'meant');
    expect((await archivedRows(world, 'meant')).map(({ note }) => note)).toEqual(Array(60).fill(null));
  });

  test('a type that only prints values otherwise, and times that each update writes, are drift and healed', async () => {
    await fill(world, 'widened', 60);
    await alter('widened', 'ADD COLUMN touched DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP');
    await world.sql(`UPDATE ${world.name}.widened SET touched = '2026-01-05'`);
    await archive(world, 'widened');
    await alter('widened', 'MODIFY amount DECIMAL(22,4), MODIFY note VARCHAR(80), MODIFY t DATETIME(3) NOT NULL');
    await world.sql(`UPDATE ${world.name}.widened SET note = CONCAT(note, ', and more')`);
    const rows = await tableRows(world, 'widened');
    await purgeToEnd(world, 'widened');
    expect(await archivedRows(world, 'widened')).toEqual(rows);
  });

  test('a few emptied values, and any number of changed ones, are drift and healed', async () => {
    await fill(world, 'few', 60);
    await archive(world, 'few');
    await world.sql(`UPDATE ${world.name}.few SET note = NULL WHERE id IN (3, 40)`);
    await world.sql(`UPDATE ${world.name}.few SET amount = amount + 1`);
    await purgeToEnd(world, 'few');
    expect(await archivedRows(world, 'few')).toHaveLength(60);
  });

  const typed: [string, string, string, string][] = [
    ['blob_text', 'BLOB', 'TEXT', 'text'],
    ['text_blob', 'TEXT', 'BLOB', 'base64'],
    ['char_binary', 'VARCHAR(40)', 'VARBINARY(40)', 'base64'],
    ['int_char', 'INT', 'VARCHAR(40)', 'text'],
  ];
  test.each(typed)(
    'a column whose type changes its encoding (%s) gets a new place in the files of later days (P101)',
    async (table, from, to, encoding) => {
      await world.sql(
        `CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, c ${from}, t DATETIME NOT NULL, KEY (t))`,
      );
      world.add({ table, timeColumn: 't', purge: 'disabled' });
      const put = (id: number, of: string) =>
        world.sql(`INSERT INTO ${world.name}.${table} VALUES (${id}, '${id}', '${of}')`);
      await put(1, '2026-01-05');
      await put(2, '2026-01-06');
      await put(3, '2026-01-07');
      await archive(world, table, world.source, '2026-01-05');
      const first = (await manifestOf(world, table, '2026-01-05')).columns;
      await alter(table, `MODIFY c ${to}`);
      await archive(world, table, world.source, '2026-01-06');
      const second = (await manifestOf(world, table, '2026-01-06')).columns;
      expect(second.map(({ encoding: each }) => each).slice(0, first.length)).toEqual(
        first.map(({ encoding: each }) => each),
      );
      expect(second.map(({ name }) => name)).toEqual(['id', expect.stringMatching(/^c__/), 't', 'c']);
      expect(second[1]).toMatchObject({ dropped: true, formerly: 'c' });
      expect(second[3]).toMatchObject({ name: 'c', encoding });
      expect(await archivedRows(world, table, ['2026-01-05', '2026-01-06'])).toEqual([
        expect.objectContaining({ id: '1' }),
        expect.objectContaining({ id: '2', c: expect.stringMatching(/^(2|Mg==)$/) }),
      ]);
      // Back again, it is where it was.
      await alter(table, `MODIFY c ${from}`);
      await archive(world, table, world.source, '2026-01-07');
      const third = (await manifestOf(world, table, '2026-01-07')).columns;
      expect(third.map(({ name }) => name)).toEqual(['id', 'c', 't', expect.stringMatching(/^c__/)]);
      expect(third.map(({ encoding: each }) => each)).toEqual(second.map(({ encoding: each }) => each));
    },
  );
});
