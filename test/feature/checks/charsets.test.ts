import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Column } from '../../../src/archive/column.ts';
import { rowDigestExpression, valueExpression } from '../../../src/mysql/expressions.ts';
import { archive, day, purge } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    await world.sql(
      `SET SESSION sql_mode = '', ${flavor === 'mysql' ? 'cte_max_recursion_depth' : 'max_recursive_iterations'} = 70000`,
    );
    await world.sql(`CREATE TABLE ${world.name}.codes (raw VARBINARY(4) PRIMARY KEY)`);
    const upTo = (last: number, digits: number) =>
      `WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${last}) SELECT UNHEX(LPAD(HEX(i), ${digits}, '0')) FROM n`;
    await world.sql(`INSERT INTO ${world.name}.codes ${upTo(255, 2)}`);
    await world.sql(`INSERT INTO ${world.name}.codes ${upTo(65_535, 4)}`);
    // Of three and four bytes some: eucjpms and ujis behind 8F, gb18030 behind 81 to FE, utf32 and utf8 wherever they lie.
    await world.sql(
      `INSERT IGNORE INTO ${world.name}.codes SELECT CONCAT(x'8F', raw) FROM ${world.name}.codes WHERE
        LENGTH(raw) = 2 AND raw >= x'A1A1' AND CRC32(raw) % 4 = 0`,
    );
    await world.sql(
      `INSERT IGNORE INTO ${world.name}.codes SELECT CONCAT(a.raw, b.raw) FROM ${world.name}.codes AS a JOIN
        (SELECT raw FROM ${world.name}.codes WHERE LENGTH(raw) = 2 AND CRC32(raw) % 997 = 0) AS b WHERE
        LENGTH(a.raw) = 2 AND CRC32(a.raw) % 61 = 0`,
    );
    await world.sql(
      `INSERT IGNORE INTO ${world.name}.codes SELECT CONCAT(x'0000', raw) FROM ${world.name}.codes WHERE LENGTH(raw) = 2 AND CRC32(raw) % 8 = 0`,
    );
  });
  afterAll(() => world.close());

  const column = (charset: string): Column => ({
    ...{ name: 'v', dataType: 'varchar', columnType: 'varchar(8)', nullable: true, generated: false },
    ...{ charset, collation: null },
  });

  test('every text of every charset comes back as its bytes, or has no digest', async () => {
    const sets = await world.sql(
      "SELECT CHARACTER_SET_NAME AS name FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME NOT IN ('binary', 'filename')",
    );
    const wrong: string[] = [];
    let texts = 0;
    for (const { name } of sets) {
      const stored = `(SELECT raw, CONVERT(raw USING ${name}) AS v FROM ${world.name}.codes HAVING v IS NOT NULL AND CAST(v AS BINARY) = raw) AS texts_kept`;
      const archived = `CONVERT(CAST(${valueExpression(column(String(name)))} AS BINARY) USING utf8mb4)`;
      const [row] = await world.sql(
        `SELECT COUNT(*) AS texts, SUM(NOT (CAST(CONVERT(${archived} USING ${name}) AS BINARY) <=> raw)) AS changed,
           COUNT(*) - COUNT(DISTINCT CAST(${archived} AS BINARY)) AS doubled
         FROM ${stored} WHERE ${rowDigestExpression([column(String(name))], "'00'")} IS NOT NULL`,
      );
      texts += Number(row?.texts);
      if (Number(row?.changed) > 0 || Number(row?.doubled) > 0) wrong.push(`${name}: ${JSON.stringify(row)}`);
    }
    expect(wrong).toEqual([]);
    expect(texts).toBeGreaterThan(1_000_000);
  }, 120_000);

  const create = async (table: string, columns: string, values: readonly string[]) => {
    await world.sql(`CREATE TABLE ${world.name}.${table} (${columns}, t DATETIME NOT NULL, KEY (t))`);
    world.add({ table, timeColumn: 't' });
    for (const value of values) await world.sql(`INSERT INTO ${world.name}.${table} VALUES (${value}, '${day}')`);
  };

  test.each([
    ['tis620', 'A0'],
    ['armscii8', 'A5'],
    ['big5', 'A15A'],
    ['cp932', 'EEF9'],
    ['sjis', '5C'],
    ['ujis', 'A1C0'],
    ['eucjpms', 'ADF0'],
  ])('%s text with the code %s is refused by table, column and row', async (charset, hex) => {
    await create(`text_${charset}`, `id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET ${charset}`, [
      `7, _${charset} x'${hex}'`,
    ]);
    await expect(archive(world, `text_${charset}`)).rejects.toThrow(
      new RegExp(`text_${charset}: 1 rows of column v \\(${charset}\\), the first at .id. = 7, hold text`),
    );
  });

  test('two keys of one character can’t cancel each other: a row with the code that doesn’t come back is never deleted', async () => {
    await create('keyed', 'k VARCHAR(9) CHARACTER SET cp932 COLLATE cp932_bin PRIMARY KEY, n INT', [
      "_cp932 x'81CA', 1",
      "_cp932 x'61', 1",
    ]);
    await archive(world, 'keyed');
    await world.sql(`INSERT INTO ${world.name}.keyed VALUES (_cp932 x'EEF9', 2, '${day}')`);
    await expect(
      (async () => {
        for (let round = 0; round < 3; round++) {
          const { drifted } = await purge(world, 'keyed');
          if (drifted) throw new Error('drifted');
        }
      })(),
    ).rejects.toThrow();
    const [left] = await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.keyed`);
    expect(Number(left?.number)).toBe(3);
  });
});
