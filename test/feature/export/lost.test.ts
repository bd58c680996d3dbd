import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import type { Day } from '../../../src/model/day.ts';
import { ValuesLost } from '../../../src/mysql/read/lostText.ts';
import { archiveDay, countRows, purgeAll } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05' as Day;

describe.each(['mysql', 'mariadb'] as const)('on %s a value that can’t be archived as it is', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  async function create(table: string, columns: string) {
    await world.sql(
      `CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, ${columns}, t DATETIME NOT NULL, KEY (t))`,
    );
    world.add({ table, timeColumn: 't', chunkRows: 10 });
    return { database: world.name, table };
  }

  // Lone surrogates, code points that nobody has defined: MySQL 9.7 prints a ? for most, without a warning (P32).
  test.each([
    ['ucs2', '0061D8000062'],
    ['sjis', '61F04062'],
    ['gbk', '61A2A062'],
    ['hebrew', '61FF62'],
    ['cp1251', '619862'],
    ...(flavor === 'mariadb'
      ? [
          ['utf32', '0000D800'],
          ['ascii', '61FF62'],
        ]
      : []),
  ] as [string, string][])(
    'is refused by table and column: %s text that has no Unicode form (P32)',
    async (charset, hex) => {
      const name = await create(`lost_${charset}`, `fine TEXT, note VARCHAR(20) CHARACTER SET ${charset}`);
      const table = `${name.database}.${name.table}`;
      await world.sql(
        `INSERT INTO ${table} VALUES (1, 'a?', 'a?b', '${day}'), (2, NULL, _${charset} x'${hex}', '${day}')`,
      );
      const exported = exportPartition(world.source, { table, day }, world.attempt);
      await expect(exported).rejects.toThrow(ValuesLost);
      await expect(exported).rejects.toMatchObject({
        table,
        lost: { columns: [{ column: 'note', charset, rows: 1, first: '`id` = 2' }] },
      });
      await expect(exported).rejects.toThrow(/1 rows of column note .+ the first at `id` = 2, .* no Unicode form/);
      expect((await world.ledger.readPartition({ ...name, day }))?.state).toBe('exporting');
      await world.sql(`UPDATE ${table} SET note = 'repaired?' WHERE id = 2`);
      expect(await archiveDay(world, name, day)).toMatchObject({ rows: 2 });
      // The same text again, after the export: no digest proves it, so it is neither deleted nor healed.
      await world.sql(`UPDATE ${table} SET note = _${charset} x'${hex}' WHERE id = 2`);
      await expect(purgeAll(world, name)).rejects.toThrow(ValuesLost);
      expect(await countRows(world, name)).toBe(2);
    },
  );
});

test('a row over max_allowed_packet is refused with the limit, not archived with a NULL for its text', async () => {
  const world = await makeWorld('mariadb');
  await world.sql(
    `CREATE TABLE ${world.name}.wide (id INT PRIMARY KEY, a LONGTEXT, b LONGTEXT, t DATETIME NOT NULL, KEY (t))`,
  );
  world.add({ table: 'wide', timeColumn: 't' });
  const [limit] = await world.sql('SELECT @@max_allowed_packet AS bytes');
  const half = Math.ceil(Number(limit?.bytes) / 2);
  await world.sql(`INSERT INTO ${world.name}.wide VALUES (1, REPEAT('a', ${half}), REPEAT('b', ${half}), '${day}')`);
  const exported = exportPartition(world.source, { table: `${world.name}.wide`, day }, world.attempt);
  await expect(exported).rejects.toMatchObject({
    name: 'ValuesLost',
    lost: { columns: [], packetBytes: Number(limit?.bytes) },
  });
  await expect(exported).rejects.toThrow(/max_allowed_packet/);
  expect((await world.ledger.readPartition({ database: world.name, table: 'wide', day }))?.state).toBe('exporting');
  world.close();
});
