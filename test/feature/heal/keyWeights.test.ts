import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyWeights } from '../../../src/heal/keyWeights.ts';
import { archive, archivedRows, day, purge, purgeToEnd } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const hex = (text: string) => Buffer.from(text).toString('hex');

  test.each([
    ['ß', 'utf8mb4', { mysql: 'utf8mb4_0900_ai_ci', mariadb: 'utf8mb4_unicode_ci' }, 'straße', 'strasse'],
    ['case', 'utf8mb4', { mysql: 'utf8mb4_0900_ai_ci', mariadb: 'utf8mb4_general_ci' }, 'Order', 'oRDER'],
    ['an accent', 'utf8mb4', { mysql: 'utf8mb4_0900_ai_ci', mariadb: 'utf8mb4_general_ci' }, 'café', 'cafe'],
    ['a trailing space', 'utf8mb4', { mysql: 'utf8mb4_bin', mariadb: 'utf8mb4_bin' }, 'one', 'one '],
    ['a German ß', 'latin1', { mysql: 'latin1_german2_ci', mariadb: 'latin1_german2_ci' }, 'maß', 'mass'],
    ['kana', 'utf8mb4', { mysql: 'utf8mb4_unicode_ci', mariadb: 'utf8mb4_unicode_ci' }, 'か', 'カ'],
  ])(
    'a purged key that is back by another spelling (%s) is no new one (P102)',
    async (name, charset, collations, one, other) => {
      const table = `spelt_${hex(name).slice(0, 12)}`;
      await world.sql(
        `CREATE TABLE ${world.name}.${table} (id VARCHAR(20) CHARACTER SET ${charset} COLLATE
          ${collations[flavor]} PRIMARY KEY, v INT, t DATETIME NOT NULL, KEY (t))`,
      );
      world.add({ table, timeColumn: 't' });
      await world.sql(
        `INSERT INTO ${world.name}.${table} VALUES (?, 1, '${day} 10:00:00'), ('z', 1, '${day} 11:00:00')`,
        [one],
      );
      await archive(world, table);
      await purge(world, table);
      await world.sql(`INSERT INTO ${world.name}.${table} VALUES (?, 2, '${day} 10:00:00')`, [other]);
      await purgeToEnd(world, table);
      const rows = await archivedRows(world, table);
      expect(rows.map(({ id }) => id).sort()).toEqual([one, 'z'].sort());
      expect(await world.sql(`SELECT v FROM ${world.name}.${table}`)).toEqual([{ v: expect.anything() }]);
    },
  );
});

test('Thai texts of one key to MariaDB, which compares them up to the first null where nothing is padded, have one weight', async () => {
  const world = await makeWorld('mariadb', { ledger: false });
  const column = { name: 'k', dataType: 'varchar', columnType: 'varchar(20)', nullable: false, generated: false };
  const thai = { ...column, charset: 'tis620', collation: 'tis620_thai_nopad_ci' };
  const hex = (text: string) => Buffer.from(text).toString('hex');
  const groups = [
    ['x', 'x\0y'],
    ['', '\0', '\0 '],
    ['\u0e01\0b', '\u0e01'],
  ];
  const weights = await keyWeights(world.session, [thai], groups.flat().map(hex));
  for (const group of groups) expect(new Set(group.map((text) => weights.get(hex(text)))).size).toBe(1);
  expect(new Set(weights.values()).size).toBe(groups.length);
  world.close();
});
