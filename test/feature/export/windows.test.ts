import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TablePolicy } from '../../../src/config/policy.ts';
import { acceptWindow } from '../../../src/ledger/days/windows.ts';
import { parseDay } from '../../../src/model/day.ts';
import { archiveDay, countRows, purgeAll } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

interface Edge {
  type: string;
  /** A literal at the edge of what the column can hold, and one that is no moment of any day. */
  dated: string;
  undated?: string;
  day: string;
  more?: Partial<TablePolicy>;
}

const zones = ['UTC', 'Europe/Berlin', 'America/New_York'];
const dayIn = (zone: string, instant: string) =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(instant),
  );

const firstSecond = '1970-01-01T00:00:01Z';
const edges: Edge[] = zones.flatMap((zone): Edge[] => [
  { type: 'TIMESTAMP', dated: "'1970-01-01 00:00:01'", day: dayIn(zone, firstSecond), more: { zone } },
  { type: 'TIMESTAMP(6)', dated: "'1970-01-01 00:00:01.000000'", day: dayIn(zone, firstSecond), more: { zone } },
  ...['INT', 'INT UNSIGNED', 'BIGINT UNSIGNED'].map((type) => ({
    ...{ type, dated: '1', undated: '0', day: dayIn(zone, firstSecond) },
    more: { zone, timeKind: 'epochSeconds' as const },
  })),
  {
    ...{ type: 'BIGINT UNSIGNED', dated: '1', undated: '0', day: dayIn(zone, '1970-01-01T00:00:00.001Z') },
    more: { zone, timeKind: 'epochMillis' },
  },
]);

describe.each(['mysql', 'mariadb'] as const)('a day’s window on %s', (flavor) => {
  let world: World;
  let tables = 0;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const label = ({ type, day, more }: Edge) => `${type} ${more?.timeKind ?? ''} ${day} in ${more?.zone}`;

  test.each([...edges].map((edge) => ({ edge, shown: label(edge) })))(
    'holds the column’s first moment, and the day is archived and purged: $shown',
    async ({ edge: { type, dated, undated, day, more } }) => {
      const name = { database: world.name, table: `edge${tables++}` };
      await world.sql(`CREATE TABLE ${name.database}.${name.table} (id INT PRIMARY KEY, t ${type} NOT NULL, KEY (t))`);
      world.add({ table: name.table, timeColumn: 't', allowOldRows: true, ...more });
      await world.sql(`INSERT INTO ${name.database}.${name.table} VALUES (1, ${dated}), (2, ${dated})`);
      if (undated) await world.sql(`INSERT INTO ${name.database}.${name.table} VALUES (3, ${undated})`);
      expect((await archiveDay(world, name, day)).rows).toBe(2);
      expect(await purgeAll(world, name)).toBe(2);
      expect(await countRows(world, name)).toBe(undated ? 1 : 0);
    },
  );

  describe('adjoins those of its neighbours', () => {
    const day = '2026-01-05';
    const others = ['2026-01-04', '2026-01-06'];

    test.each(others)(
      'a datetimeZone that was changed after %s stops, and goes on without a hole once accepted',
      async (other) => {
        const name = { database: world.name, table: `zone${tables++}` };
        await world.sql(
          `CREATE TABLE ${name.database}.${name.table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`,
        );
        // A row for each half hour of three days.
        const rows = Array.from({ length: 144 }, (_, index) => {
          const at = new Date(Date.parse('2026-01-04T00:00:00Z') + index * 1_800_000).toISOString();
          return `(${index}, '${at.slice(0, 19).replace('T', ' ')}')`;
        });
        await world.sql(`INSERT INTO ${name.database}.${name.table} VALUES ${rows.join(', ')}`);
        world.add({ table: name.table, timeColumn: 't', zone: 'Europe/Berlin', allowOldRows: true });
        const first = (await archiveDay(world, name, other)).rows;
        for (const policy of world.config.tables) if (policy.table === name.table) policy.datetimeZone = 'UTC';
        await expect(archiveDay(world, name, day)).rejects.toThrow(
          new RegExp(
            "2026-01-05: its window \\[2026-01-04 23:00:00, 2026-01-05 23:00:00\\) doesn't adjoin the recorded one of " +
              '2026-01-0[46], \\[.*sediment accept .* --window --day 2026-01-05',
          ),
        );
        const key = { ...name, day: parseDay(day) };
        expect(await world.ledger.readPartition(key)).toBeUndefined();
        await acceptWindow(world.ledger, key, 'ada', 'the column holds UTC since then');
        const second = (await archiveDay(world, name, day)).rows;
        expect((await world.ledger.readPartition(key))?.window).toEqual(
          other < day
            ? { start: '2026-01-05 00:00:00', end: '2026-01-05 23:00:00' }
            : { start: '2026-01-04 23:00:00', end: '2026-01-06 00:00:00' },
        );
        expect(first + second).toBe(other < day ? 94 : 98);
        expect(await purgeAll(world, name)).toBe(first + second);
      },
    );

    test.each([
      ['DATETIME', 'TIMESTAMP NOT NULL', /doesn't adjoin/],
      ['DATETIME', 'DATE NOT NULL', undefined],
    ])('a %s that became %s', async (type, changed, refusal) => {
      const name = { database: world.name, table: `altered${tables++}` };
      await world.sql(`CREATE TABLE ${name.database}.${name.table} (id INT PRIMARY KEY, t ${type} NOT NULL, KEY (t))`);
      await world.sql(
        `INSERT INTO ${name.database}.${name.table} VALUES (1, '2026-01-04 10:00:00'), (2, '2026-01-05 10:00:00')`,
      );
      world.add({ table: name.table, timeColumn: 't', zone: 'Europe/Berlin', allowOldRows: true });
      await archiveDay(world, name, '2026-01-04');
      await world.sql(`ALTER TABLE ${name.database}.${name.table} MODIFY t ${changed}`);
      if (refusal) await expect(archiveDay(world, name, day)).rejects.toThrow(refusal);
      else expect((await archiveDay(world, name, day)).rows).toBe(1);
    });
  });
});
