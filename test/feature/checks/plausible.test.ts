import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { planDay } from '../../../src/activities/planDay.ts';
import { checkTable } from '../../../src/cli/doctor/doctorMysql.ts';
import { findPolicy, type TablePolicy } from '../../../src/config/policy.ts';
import { archive, day, fill, purge, tableRows } from '../../support/archived.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const yesterday = Math.floor(Date.now() / 1000) - 86_400;
  interface Mistaken {
    table: string;
    type: string;
    more?: Partial<TablePolicy>;
    /** The time of the row with this number. */
    value: (id: number) => string;
    /** The day that the purge would take. */
    of: string;
    said: RegExp;
  }
  const mistaken: Mistaken[] = [
    {
      ...{ table: 'seconds', type: 'BIGINT', more: { timeKind: 'epochMillis' }, of: '1970-01-21' },
      value: (id) => String(yesterday - id),
      said: /read as epochMillis.+1970-01-2\d.*timeKind: epochSeconds.*allowOldRows: true/,
    },
    {
      ...{ table: 'millis', type: 'BIGINT', more: { timeKind: 'epochSeconds' }, of: '2026-01-01' },
      value: (id) => String((yesterday - id) * 1000),
      said: /all its rows lie in the future.+in the year 5\d{4}.*timeKind: epochMillis/,
    },
    {
      ...{ table: 'micros', type: 'BIGINT UNSIGNED', more: { timeKind: 'epochMillis' }, of: '2026-01-01' },
      value: (id) => String((yesterday - id) * 1_000_000),
      said: /all its rows lie in the future.+in the year 5\d{4}/,
    },
    {
      ...{ table: 'some_seconds', type: 'BIGINT', more: { timeKind: 'epochMillis' }, of: '1970-01-21' },
      value: (id) => String((yesterday - id) * (id % 2 === 0 ? 1000 : 1)),
      said: /some of its rows lie in 1970.+give all rows one unit/,
    },
    {
      ...{ table: 'births', type: 'DATE', of: '1987-03-04' },
      value: (id) => `'19${60 + id}-03-04'`,
      said: /its newest row is \d+ years old by t: 1989-03-04, and the oldest is 1960-03-04.*name another timeColumn/,
    },
    {
      ...{ table: 'never', type: 'DATETIME', of: '2026-01-01' },
      value: () => "'9999-12-31 23:59:59'",
      said: /all its rows lie in the future by t: the oldest is 9999-12-31/,
    },
  ];

  test.each(mistaken)(
    'times that can’t be meant ($table) refuse the table: doctor, plan, export and purge (P96)',
    async (each) => {
      const { table, type, more, value, of, said } = each;
      const name = `${world.name}.${table}`;
      await world.sql(`CREATE TABLE ${name} (id INT PRIMARY KEY, t ${type} NOT NULL, KEY (t))`);
      for (let id = 0; id < 30; id++) await world.sql(`INSERT INTO ${name} VALUES (${id}, ${value(id)})`);
      world.add({ table, timeColumn: 't', ...more });
      await expect(exportPartition(world.source, { table: name, day: of }, world.attempt)).rejects.toThrow(said);
      await expect(purge(world, table)).rejects.toThrow(said);
      const [found] = await checkTable(world.source, findPolicy(world.config, name));
      expect(found).toMatchObject({ level: 'refused', message: expect.stringMatching(said) });
      expect(await tableRows(world, table)).toHaveLength(30);
    },
  );

  test('one table of mistaken times is that table’s matter: every other one is planned', async () => {
    await fill(world, 'well', 5);
    const at = { scheduledTime: '2026-01-08T01:30:00Z', startedAt: '2026-01-08T01:31:00Z' };
    const { tables } = await planDay(world.source, at, world.attempt);
    const refused = tables.filter(({ refused }) => refused).map(({ table }) => table.split('.')[1]);
    expect(refused).toEqual(mistaken.map(({ table }) => table).sort());
    expect(tables.find(({ table }) => table === `${world.name}.well`)?.days.length).toBeGreaterThan(0);

    const policies = ['micros', 'well'].map(
      (table) => `{ table: ${world.name}.${table}, timeColumn: t${table === 'well' ? '' : ', timeKind: epochMillis'} }`,
    );
    const url = `mysql://root@127.0.0.1:${inject('stack')[flavor].port}`;
    const file = policyFile(policyText({ name: world.name, url, tables: policies }));
    const { code, stdout, stderr } = await sediment(['plan', '--json', '-c', file]);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout).tables).toMatchObject([
      { refused: expect.stringContaining('all its rows lie in the future') },
      { refused: null, archive: { from: day } },
    ]);
  });

  test('a purge that was begun stops once the newest row lies years back', async () => {
    await fill(world, 'edited', 20);
    await archive(world, 'edited');
    await world.sql(`UPDATE ${world.name}.edited SET t = '2001-02-03 04:05:06'`);
    await expect(purge(world, 'edited')).rejects.toThrow(/its newest row is 2\d years old/);
    expect(await tableRows(world, 'edited')).toHaveLength(20);
  });

  test('a table that nobody writes to any more goes on under allowOldRows: true', async () => {
    const name = `${world.name}.asleep`;
    await world.sql(`CREATE TABLE ${name} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await world.sql(`INSERT INTO ${name} VALUES (1, '2019-05-06 07:08:09')`);
    world.add({ table: 'asleep', timeColumn: 't', allowOldRows: true });
    await archive(world, 'asleep', world.source, '2019-05-06');
    expect(await purge(world, 'asleep')).toMatchObject({ deleted: 1 });
  });

  test('a row far in the future is told by doctor, and refuses nothing', async () => {
    await fill(world, 'ahead', 5);
    await world.sql(`INSERT INTO ${world.name}.ahead (id, t) VALUES (99, '9999-12-31')`);
    const found = await checkTable(world.source, findPolicy(world.config, `${world.name}.ahead`));
    expect(found).toMatchObject([
      { level: 'ok' },
      { level: 'note', message: expect.stringContaining('up to 9999-12-31') },
    ]);
    await archive(world, 'ahead');
  });
});
