import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planDay } from '../../../src/activities/planDay.ts';
import type { TablePolicy } from '../../../src/config/policy.ts';
import { archivedRows, day, partition, purge, purgeToEnd } from '../../support/archived.ts';
import {
  account,
  dayRows,
  dieAfterExchange,
  fillNative,
  once,
  twinTables,
  watched,
} from '../../support/partitioned.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('the rules of an exchange on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('the fuse counts: a day that is more than is left of it is not exchanged, and goes in chunks for as long as it lets it', async () => {
    await fillNative(world, 'fused', { maxRowsPerDay: 60 });
    const slice = await purge(world, 'fused');
    expect(slice).toMatchObject({
      held: expect.stringMatching(/fuse/),
      native: expect.stringMatching(/maxRowsPerDay is 60/),
    });
    expect(await twinTables(world, 'fused')).toEqual([]);
    expect(await account(world, 'fused')).toMatchObject({ table: 2, twins: 0, deleted: 60 });
  });

  test('outside its window a day is not exchanged', async () => {
    const hour = String((new Date().getUTCHours() + 3) % 24).padStart(2, '0');
    await fillNative(world, 'early', { window: `${hour}:00-${hour}:30 UTC` });
    expect(await purge(world, 'early')).toMatchObject({ deleted: 0, held: expect.stringMatching(/window/) });
    expect(await account(world, 'early')).toMatchObject({ table: 62, twins: 0, deleted: 0 });
  });

  test('a hold that comes after the exchange brings the rows back', async () => {
    await fillNative(world, 'held');
    const hold = `INSERT INTO ${world.ledger.name}.holds (scope, owner, reason) VALUES ('${world.name}.held', 'oncall', 'month-end close')`;
    const source = watched(world, { after: once(/EXCHANGE/, () => world.sql(hold)) });
    expect(await purge(world, 'held', source)).toMatchObject({ deleted: 0, held: 'oncall: month-end close' });
    source.close();
    expect(await account(world, 'held')).toMatchObject({ table: 62, twins: 0, deleted: 0 });
    expect(await twinTables(world, 'held')).toEqual([]);
  });

  test('a pause that overtakes the attempt after the exchange: the next slice brings the rows back, held as it is', async () => {
    await fillNative(world, 'paused');
    const scope = `${world.name}.paused`;
    const pause = () => world.ledger.putHold({ scope, owner: 'oncall', reason: 'month-end close', until: null });
    const source = watched(world, { after: once(/EXCHANGE/, pause) });
    await expect(purge(world, 'paused', source)).rejects.toThrow(/was overtaken/);
    source.close();
    expect(await account(world, 'paused')).toMatchObject({ table: 1, twins: 61, deleted: 0 });
    expect(await purge(world, 'paused')).toMatchObject({ deleted: 0, held: 'oncall: month-end close' });
    expect(await account(world, 'paused')).toMatchObject({ table: 62, twins: 0, deleted: 0 });
    await world.ledger.dropHold(scope);
    expect(await purge(world, 'paused')).toMatchObject({ deleted: 61, native: 'exchanged p05' });
    expect(await twinTables(world, 'paused')).toEqual([]);
  });

  const left: [string, Partial<TablePolicy>, (table: string) => Promise<unknown>][] = [
    ['the policy says purge: disabled', { purge: 'disabled' }, async () => undefined],
    ['the retention is longer', { retention: 'P100Y' }, async () => undefined],
    [
      'a delete trigger came',
      {},
      (table) =>
        world.sql(
          `CREATE TRIGGER ${world.name}.stray_${table} BEFORE DELETE ON ${world.name}.${table} FOR EACH ROW SET @gone = 1`,
        ),
    ],
    [
      'the table has a hold',
      {},
      (table) => world.ledger.putHold({ scope: `${world.name}.${table}`, owner: 'ada', reason: 'audit', until: null }),
    ],
  ];

  test.each(left.map(([when, policy, change], index) => ({ when, policy, change, table: `left${index}` })))(
    'rows that an exchange took out go back though $when since',
    async ({ policy, change, table }) => {
      await fillNative(world, table);
      const before = await dayRows(world, table);
      await dieAfterExchange(world, table);
      expect(await account(world, table)).toMatchObject({ table: 1, twins: 61 });
      await change(table);
      for (const each of world.config.tables) if (each.table === table) Object.assign(each, policy);
      await purge(world, table).catch(() => undefined);
      expect(await account(world, table)).toMatchObject({ table: 62, twins: 0, deleted: 0 });
      expect(await dayRows(world, table)).toEqual(before);
    },
  );

  test('the daily run puts them back where no purge is started any more', async () => {
    await fillNative(world, 'forgotten');
    await dieAfterExchange(world, 'forgotten');
    for (const each of world.config.tables) if (each.table === 'forgotten') each.purge = 'disabled';
    const times = { scheduledTime: '2026-01-08T01:30:00Z', startedAt: '2026-01-08T01:31:00Z' };
    await planDay(world.source, times, world.attempt);
    expect(await account(world, 'forgotten')).toMatchObject({ table: 1, twins: 61 });
    await world.sql(`UPDATE ${world.ledger.name}.twins SET created_at = created_at - INTERVAL 1 HOUR`);
    await planDay(world.source, times, world.attempt);
    expect(await account(world, 'forgotten')).toMatchObject({ table: 62, twins: 0, deleted: 0 });
  });

  test('rows that an exchange took out of a table that was altered since wait for the ALTER’s undoing, and say so', async () => {
    await fillNative(world, 'altered');
    const before = await dayRows(world, 'altered');
    await dieAfterExchange(world, 'altered');
    await world.sql(`ALTER TABLE ${world.name}.altered ADD COLUMN must INT NOT NULL`);
    for (let round = 0; round < 2; round++)
      await expect(purge(world, 'altered')).rejects.toThrow(
        /altered 2026-01-05 that can't go back: Field 'must'.+altered while they were out; undo that.+sediment heal/,
      );
    expect(await account(world, 'altered')).toMatchObject({ table: 1, twins: 61, deleted: 0 });
    await world.sql(`ALTER TABLE ${world.name}.altered DROP COLUMN must`);
    expect(await purge(world, 'altered')).toMatchObject({ deleted: 61 });
    expect(await account(world, 'altered')).toMatchObject({ table: 1, twins: 0, deleted: 61 });
    expect(await archivedRows(world, 'altered')).toEqual(before);
  });

  test('rows that an exchange took out wait for a trigger to go that would take them for new ones', async () => {
    await fillNative(world, 'triggered');
    const before = await dayRows(world, 'triggered');
    await dieAfterExchange(world, 'triggered');
    const trigger = `${world.name}.counts_triggered`;
    await world.sql(`CREATE TABLE ${world.name}.counted (id BIGINT)`);
    await world.sql(
      `CREATE TRIGGER ${trigger} AFTER INSERT ON ${world.name}.triggered FOR EACH ROW INSERT INTO ${world.name}.counted VALUES (NEW.id)`,
    );
    for (let round = 0; round < 2; round++)
      await expect(purge(world, 'triggered')).rejects.toThrow(
        /triggered 2026-01-05 that can't go back: the trigger counts_triggered runs on each insert.+sediment heal/,
      );
    expect(await account(world, 'triggered')).toMatchObject({ table: 1, twins: 61, deleted: 0 });
    expect(await world.sql(`SELECT id FROM ${world.name}.counted`)).toEqual([]);
    await world.sql(`DROP TRIGGER ${trigger}`);
    expect(await purge(world, 'triggered')).toMatchObject({ deleted: 61 });
    expect(await account(world, 'triggered')).toMatchObject({ table: 1, twins: 0, deleted: 61 });
    expect(await archivedRows(world, 'triggered')).toEqual(before);
  });

  test('the daily run puts back the rows of a table that no policy names any more', async () => {
    await fillNative(world, 'unnamed');
    await dieAfterExchange(world, 'unnamed');
    await world.sql(`UPDATE ${world.ledger.name}.twins SET created_at = created_at - INTERVAL 1 HOUR`);
    const { tables } = world.config;
    const [policy] = tables.splice(
      tables.findIndex(({ table }) => table === 'unnamed'),
      1,
    );
    const times = { scheduledTime: '2026-01-08T01:30:00Z', startedAt: '2026-01-08T01:31:00Z' };
    await planDay(world.source, times, world.attempt);
    if (policy) tables.push(policy);
    expect(await account(world, 'unnamed')).toMatchObject({ table: 62, twins: 0, deleted: 0 });
  });

  test('an attempt that was overtaken before its exchange no longer finds its exchange table, not even while its rows are read (P57)', async () => {
    await fillNative(world, 'zombie');
    const before = await dayRows(world, 'zombie');
    let refused: unknown;
    const overtaken = once(/EXCHANGE/, async () => {
      const [mine] = await twinTables(world, 'zombie');
      const ddl = `ALTER TABLE ${world.name}.zombie EXCHANGE PARTITION p05 WITH TABLE ${world.ledger.name}.${mine}`;
      const late = once(/DROP TABLE/, async () => {
        [refused] = await Promise.allSettled([world.sql(ddl)]);
      });
      const successor = watched(world, { before: late });
      expect(await purge(world, 'zombie', successor)).toMatchObject({ deleted: 61 });
      successor.close();
    });
    const source = watched(world, { before: overtaken });
    await expect(purge(world, 'zombie', source)).rejects.toThrow(/overtaken/);
    source.close();
    expect(refused).toMatchObject({ status: 'rejected', reason: { errno: 1146 } });
    expect(await archivedRows(world, 'zombie')).toEqual(before);
    expect(await account(world, 'zombie')).toMatchObject({ table: 1, twins: 0, deleted: 61 });
    expect(await twinTables(world, 'zombie')).toEqual([]);
  });

  test('an attempt that was overtaken after its exchange accounts for nothing (P57)', async () => {
    await fillNative(world, 'late_zombie');
    await dieAfterExchange(world, 'late_zombie');
    expect(await account(world, 'late_zombie')).toMatchObject({ table: 1, twins: 61, deleted: 0 });
    expect(await purge(world, 'late_zombie')).toMatchObject({ deleted: 61, native: 'exchanged p05' });
  });

  test('an attempt that was overtaken before its intent exchanges nothing (P57)', async () => {
    await fillNative(world, 'slow');
    const other = once(/REMOVE PARTITIONING/, async () =>
      expect(await purge(world, 'slow')).toMatchObject({ deleted: 61 }),
    );
    const source = watched(world, { after: other });
    await expect(purge(world, 'slow', source)).rejects.toThrow(/overtaken|doesn't exist/);
    source.close();
    expect(await account(world, 'slow')).toMatchObject({ table: 1, twins: 0, deleted: 61 });
  });

  test.each([
    ['before the exchange table is made', /CREATE TABLE .*twin_/],
    ['before the exchange', /EXCHANGE/],
  ])('a column added %s sends the day to the chunks, and is archived (P66)', async (when, statement) => {
    const table = `altered${when.length}`;
    await fillNative(world, table);
    const add = `ALTER TABLE ${world.name}.${table} ADD COLUMN extra INT DEFAULT 7, ALGORITHM = COPY`;
    const source = watched(world, { before: once(statement, () => world.sql(add)) });
    expect(await purge(world, table, source)).toMatchObject({
      deleted: 0,
      native: expect.stringMatching(/^in chunks/),
    });
    source.close();
    const before = await dayRows(world, table);
    await purgeToEnd(world, table);
    expect(await archivedRows(world, table)).toEqual(before);
    expect(before[0]).toMatchObject({ extra: '7' });
  });

  test('with no more rights than it says it wants a day is exchanged; without them it goes in chunks, and the reason names one', async () => {
    const user = `'${world.name}'@'%'`;
    await world.sql(`CREATE USER ${user}`);
    await world.sql(`GRANT SELECT, DELETE, TRIGGER ON ${world.name}.* TO ${user}`);
    await world.sql(`GRANT PROCESS ON *.* TO ${user}`);
    await world.sql(`GRANT ALL ON ${world.ledger.name}.* TO ${user}`);
    const { user: root } = world.config.source;
    const purgeAs = async (table: string) => {
      world.config.source.user = world.name;
      return purge(world, table).finally(() => {
        world.config.source.user = root;
      });
    };
    await fillNative(world, 'unable');
    expect(await purgeAs('unable')).toMatchObject({
      deleted: 61,
      native: expect.stringMatching(/in chunks: .*(ALTER|INSERT|CREATE|DROP).* denied/),
    });
    expect(await twinTables(world, 'unable')).toEqual([]);
    await fillNative(world, 'able');
    await world.sql(`GRANT ALTER, CREATE, DROP, INSERT ON ${world.name}.able TO ${user}`);
    expect(await purgeAs('able')).toMatchObject({ deleted: 61, native: 'exchanged p05' });
  });

  test('a key that was taken while the rows were out: both rows are kept, and a person is asked', async () => {
    await fillNative(world, 'taken');
    const table = `${world.name}.taken`;
    const stray = once(/EXCHANGE/, () => world.sql(`INSERT INTO ${table} VALUES (9400, 'new', 1, '${day} 21:00:00')`));
    const again = once(/EXCHANGE/, () =>
      world.sql(`INSERT INTO ${table} VALUES (9400, 'upserted', 1, '${day} 21:00:00')`),
    );
    const source = watched(world, { before: stray, after: again });
    await expect(purge(world, 'taken', source)).rejects.toThrow(/that can't go back: Duplicate entry.*sediment heal/);
    source.close();
    expect((await account(world, 'taken')).sum).toBe(64);
    expect((await partition(world, 'taken'))?.stopped).toMatch(/Duplicate entry/);
    await world.sql(`DELETE FROM ${table} WHERE note = 'upserted'`);
    await purgeToEnd(world, 'taken');
    expect(await account(world, 'taken')).toMatchObject({ table: 1, twins: 0, deleted: 62 });
    expect((await archivedRows(world, 'taken')).find((row) => row.id === '9400')).toMatchObject({ note: 'new' });
    expect(await twinTables(world, 'taken')).toEqual([]);
  });
});
