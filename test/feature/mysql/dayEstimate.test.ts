import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTable } from '../../../src/checks/openTable.ts';
import { windowOf } from '../../../src/job/tableTime.ts';
import { addDays, daysBetween, parseDay } from '../../../src/model/day.ts';
import { estimateDays } from '../../../src/mysql/estimate/dayEstimate.ts';
import { makeWorld, type World } from '../../support/world.ts';

const first = parseDay('2026-01-01');
const numberOfDays = 81;
const days = daysBetween(first, addDays(first, numberOfDays - 1));

/** Rows of a day: few on Sundays, more with time, and on one day as many as on all others. */
function rowsOf(index: number): number {
  if (index === 60) return 100_000;
  return Math.round((index % 7 === 6 ? 200 : 1_500) * (1 + index / 40));
}

/** A note's length: long on Sundays, which have few rows, and in each day's first rows, as a batch at midnight writes them. */
function noteOf(index: number): string {
  return index % 7 === 6 ? '400' : 'IF(n < 100, 100, n % 60)';
}

describe.each(['mysql', 'mariadb'] as const)('rows and bytes of days on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    const { name } = world;
    await world.sql(`CREATE TABLE ${name}.numbers (n INT PRIMARY KEY)`);
    const digits =
      '(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 ' +
      'UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';
    await world.sql(
      `INSERT INTO ${name}.numbers SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d
       FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f`,
    );
    for (const table of ['large', 'small'])
      await world.sql(
        `CREATE TABLE ${name}.${table} (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(500), t DATETIME NOT NULL, KEY (t))`,
      );
    for (const [index, day] of days.entries())
      await world.sql(
        `INSERT INTO ${name}.large (note, t)
         SELECT REPEAT('n', ${noteOf(index)}), '${day}' + INTERVAL n % 86400 SECOND
         FROM ${name}.numbers WHERE n < ${rowsOf(index)}`,
      );
    for (let row = 0; row < 20; row++)
      await world.sql(
        `INSERT INTO ${name}.small (note, t) VALUES ('a note', '2026-02-${String(row + 1).padStart(2, '0')} 10:00')`,
      );
    for (const table of ['large', 'small']) world.add({ table, timeColumn: 't' });
  });
  afterAll(() => world.close());

  /** The estimate of some days beside their count, as shares of the truth. */
  async function shares(table: 'large' | 'small', some: readonly (typeof days)[number][], entries?: number) {
    const policy = world.config.tables.find((each) => each.table === table);
    if (!policy) throw new Error(`no ${table}`);
    const { schema, kind } = await openTable(world.session, policy);
    const windows = some.map((day) => windowOf(policy, kind, day));
    const estimate = await estimateDays(world.session, schema, windows, entries);
    const list = some.map((day) => `'${day}'`).join(', ');
    // A line of CSV: the id, the note in quotes, the time, two commas and a line feed.
    const [truth] = await world.sql(
      `SELECT COUNT(*) AS number, SUM(LENGTH(id) + LENGTH(note) + 2 + 19 + 3) AS bytes FROM ${world.name}.${table} WHERE DATE(t) IN (${list})`,
    );
    return {
      rows: estimate.rows / Number(truth?.number),
      bytes: estimate.bytes / Number(truth?.bytes),
      counted: estimate.counted,
    };
  }

  const chosen = {
    'all days': days,
    'the second half': days.slice(40),
    'the first third, few rows': days.slice(0, 27),
    'every tenth day': days.filter((_, index) => index % 10 === 0),
    'the day that has as many rows as all others': days.slice(60, 61),
  };

  test.each(Object.entries(chosen))('of a table of 300,000 rows are counted: %s', async (_, some) => {
    const found = await shares('large', some);
    expect(found).toMatchObject({ rows: 1, counted: true });
    expect(Math.abs(found.bytes - 1)).toBeLessThan(1 / 3);
  });

  test.each(Object.entries(chosen))('are within a third where only a tenth may be counted: %s', async (_, some) => {
    const found = await shares('large', some, 30_000);
    expect(Math.abs(found.rows - 1)).toBeLessThan(1 / 3);
    expect(Math.abs(found.bytes - 1)).toBeLessThan(1 / 3);
  });

  test('of a table of twenty rows are counted, whatever the optimizer says', async () => {
    const found = await shares('small', days);
    expect(found).toMatchObject({ rows: 1, counted: true });
    expect(Math.abs(found.bytes - 1)).toBeLessThan(1 / 3);
  });

  test('of days without rows are none', async () => {
    const policy = world.config.tables[0];
    if (!policy) throw new Error('no policy');
    const { schema, kind } = await openTable(world.session, policy);
    const empty = daysBetween(parseDay('2020-01-01'), parseDay('2020-03-01')).map((day) => windowOf(policy, kind, day));
    expect(await estimateDays(world.session, schema, empty)).toMatchObject({ rows: 0, bytes: 0 });
  });
});
