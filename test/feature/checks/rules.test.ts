import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { openTable } from '../../../src/checks/openTable.ts';
import { archive, day, fill, purge, tableRows } from '../../support/archived.ts';
import { runFresh, writeDay, writeSeed } from '../../support/crashedDay.ts';
import { slice } from '../../support/slice.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  const refusal = (table: string) =>
    exportPartition(world.source, { table: `${world.name}.${table}`, day }, world.attempt).then(
      () => 'none',
      (error) => String(error),
    );

  async function rowsOf(table: string): Promise<number> {
    const [row] = await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.${table}`);
    return Number(row?.number);
  }

  const engines = {
    mysql: ['MyISAM', 'MEMORY', 'ARCHIVE', 'CSV', 'MRG_MyISAM', 'BLACKHOLE'],
    mariadb: ['MyISAM', 'MEMORY', 'CSV', 'MRG_MyISAM', 'Aria'],
  };
  test('a table of each engine that can’t roll back is refused by the engine’s name', async () => {
    for (const engine of engines[flavor]) {
      const table = `of_${engine.toLowerCase()}`;
      const bare = engine === 'CSV' || engine === 'ARCHIVE';
      await world.sql(
        `CREATE TABLE ${world.name}.${table} (id INT NOT NULL, t DATETIME NOT NULL${bare ? '' : ', PRIMARY KEY (id), KEY (t)'}) ENGINE = ${engine}`,
      );
      world.add({ table, timeColumn: 't' });
      expect(await refusal(table), engine).toMatch(new RegExp(`its engine is ${engine}.+ENGINE = InnoDB`, 'i'));
    }
  });

  test('a partitioned table of another engine is refused by that engine’s name', async () => {
    if (flavor === 'mysql') return;
    await world.sql(
      `CREATE TABLE ${world.name}.parts (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t)) ENGINE = Aria PARTITION BY HASH (id) PARTITIONS 3`,
    );
    world.add({ table: 'parts', timeColumn: 't' });
    expect(await refusal('parts')).toContain('its engine is Aria');
  });

  test('an ALTER to an engine without transactions stops the purge of what was archived', async () => {
    await fill(world, 'altered', 20);
    await archive(world, 'altered');
    await world.sql(`ALTER TABLE ${world.name}.altered ENGINE = MyISAM`);
    await expect(purge(world, 'altered')).rejects.toThrow('its engine is MyISAM');
    expect(await tableRows(world, 'altered')).toHaveLength(20);
  });

  test('a ledger whose table has another engine stops export and purge, with the statement that goes on', async () => {
    await fill(world, 'accounted', 20);
    await archive(world, 'accounted');
    const engine = flavor === 'mysql' ? 'MyISAM' : 'Aria';
    const ledger = `\`${world.name}_ledger\`.\`deletions\``;
    await world.sql(`ALTER TABLE ${ledger} ENGINE = ${engine}`);
    const said = `${world.name}_ledger.deletions is ${engine}, which can't roll an account back together`;
    expect(await refusal('accounted')).toContain(said);
    const purged = String(await purge(world, 'accounted').catch((error: unknown) => error));
    expect(purged).toContain(said);
    expect(await tableRows(world, 'accounted')).toHaveLength(20);
    await world.sql(/ALTER TABLE .+ ENGINE = InnoDB/.exec(purged)?.[0] ?? 'none');
    expect(await purge(world, 'accounted')).toMatchObject({ deleted: 20 });
  });

  test('a view, a sequence and a system-versioned table are named for what they are', async () => {
    await world.sql(`CREATE VIEW ${world.name}.seen AS SELECT * FROM ${world.name}.seed`);
    const asking = { config: world.config };
    const own = { database: world.config.source.ledger, table: 'history', timeColumn: 'at' };
    world.add(own);
    expect(String(await openTable(world.session, own, asking).catch((error: unknown) => error))).toMatch(
      /history refused: it is a table of Sediment’s own ledger.+take it out/,
    );
    const mysql = { database: 'mysql', table: 'user', timeColumn: 't' };
    expect(String(await openTable(world.session, mysql, asking).catch((error: unknown) => error))).toMatch(
      /mysql.user refused: it is a table of the server itself/,
    );
    world.config.tables.pop();
    world.add({ table: 'seen', timeColumn: 't' });
    expect(await refusal('seen')).toMatch(/it is a view.+name the table that its rows stand in/);
    if (flavor === 'mysql') return;
    await world.sql(`CREATE SEQUENCE ${world.name}.numbers`);
    world.add({ table: 'numbers', timeColumn: 't' });
    expect(await refusal('numbers')).toContain('it is a sequence');
    await world.sql(
      `CREATE TABLE ${world.name}.versioned (id INT PRIMARY KEY, t DATETIME, KEY (t)) WITH SYSTEM VERSIONING`,
    );
    world.add({ table: 'versioned', timeColumn: 't' });
    expect(await refusal('versioned')).toMatch(/it is a system-versioned table.+DROP SYSTEM VERSIONING/);
  });

  test('an index that the optimizer may not use, or that leads with another thing, is none', async () => {
    const hidden = flavor === 'mysql' ? 'INVISIBLE' : 'IGNORED';
    await world.sql(
      `CREATE TABLE ${world.name}.unseen (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY by_t (t) ${hidden})`,
    );
    world.add({ table: 'unseen', timeColumn: 't' });
    expect(await refusal('unseen')).toMatch(/by_t is invisible; ALTER TABLE .+ VISIBLE/);
    if (flavor === 'mariadb') return;
    await world.sql(
      `CREATE TABLE ${world.name}.computed (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY odd ((id + 1), t))`,
    );
    world.add({ table: 'computed', timeColumn: 't' });
    expect(await refusal('computed')).toContain('no index leads with t; ALTER TABLE');
  });

  test('every table that a cascade reaches is asked for by name, grandchildren and keys of updates too', async () => {
    await fill(world, 'parent', 10, { allowCascade: [`${world.name}.kid`] });
    const key = 'ON DELETE CASCADE';
    await world.sql(
      `CREATE TABLE ${world.name}.kid (id INT PRIMARY KEY, p BIGINT, o BIGINT UNIQUE, FOREIGN KEY (p) REFERENCES ${world.name}.parent (id) ${key})`,
    );
    await archive(world, 'parent');
    await world.sql(
      `CREATE TABLE ${world.name}.grandkid (id INT PRIMARY KEY, k INT, FOREIGN KEY (k) REFERENCES ${world.name}.kid (id) ON DELETE SET NULL)`,
    );
    await expect(purge(world, 'parent')).rejects.toThrow(
      `ON DELETE SET NULL from ${world.name}.grandkid, by way of ${world.name}.kid, would change`,
    );
    await world.sql(`DROP TABLE ${world.name}.grandkid`);
    await world.sql(`ALTER TABLE ${world.name}.kid DROP FOREIGN KEY ${await constraintOf('kid')}`);
    await world.sql(
      `ALTER TABLE ${world.name}.kid ADD FOREIGN KEY (o) REFERENCES ${world.name}.parent (id) ON DELETE SET NULL`,
    );
    await world.sql(
      `CREATE TABLE ${world.name}.follower (id INT PRIMARY KEY, k BIGINT, FOREIGN KEY (k) REFERENCES ${world.name}.kid (o) ON UPDATE CASCADE)`,
    );
    await expect(purge(world, 'parent')).rejects.toThrow(`from ${world.name}.follower, by way of ${world.name}.kid,`);
    expect(await rowsOf('parent')).toBe(10);
    await world.sql(`DROP TABLE ${world.name}.follower`);
    expect(await purge(world, 'parent')).toMatchObject({ deleted: 10 });
  });

  async function constraintOf(table: string): Promise<string> {
    const [row] = await world.sql(
      `SELECT CONSTRAINT_NAME AS name FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA =
        '${world.name}' AND TABLE_NAME = '${table}' AND CONSTRAINT_TYPE = 'FOREIGN KEY'`,
    );
    return String(row?.name);
  }

  test.each(['CASCADE', 'SET NULL'])(
    'a foreign key with ON DELETE %s that is created while a slice runs ends it before the next delete',
    async (rule) => {
      const table = rule === 'CASCADE' ? 'gains_child' : 'gains_ref';
      const smallDay = await writeDay(world, table);
      await runFresh(world, smallDay.job.slice(0, 3));
      const child = `${world.name}.${table}_child`;
      expect(
        await slice(world, smallDay, async () => {
          await world.sql(
            `CREATE TABLE ${child} (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES ${world.name}.${table} (id) ON DELETE ${rule})`,
          );
          await world.sql(`INSERT INTO ${child} SELECT id, id FROM ${world.name}.${table}`);
        }),
      ).toBeUndefined();
      const [whole] = await world.sql(`SELECT COUNT(*) AS number, COUNT(p) AS referring FROM ${child}`);
      expect(whole).toMatchObject({ number: '310', referring: '310' });
      expect(await rowsOf(table)).toBe(310);
      expect(String(await slice(world, smallDay))).toContain(`ON DELETE ${rule} from ${child}`);
    },
  );

  test('a grandchild’s foreign key that is created while a slice runs ends it before the next delete', async () => {
    const smallDay = await writeDay(world, 'with_kids');
    const kid = `${world.name}.its_kid`;
    const grandkid = `${world.name}.its_grandkid`;
    await world.sql(
      `CREATE TABLE ${kid} (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES ${world.name}.with_kids (id) ON DELETE CASCADE)`,
    );
    await world.sql(`INSERT INTO ${kid} SELECT id, id FROM ${world.name}.with_kids`);
    const policy = world.config.tables.find(({ table }) => table === 'with_kids');
    Object.assign(policy ?? {}, { allowCascade: [kid] });
    await runFresh(world, smallDay.job.slice(0, 3));
    await slice(world, smallDay, async () => {
      await world.sql(
        `CREATE TABLE ${grandkid} (id INT PRIMARY KEY, k INT, FOREIGN KEY (k) REFERENCES ${kid} (id) ON DELETE CASCADE)`,
      );
      await world.sql(`INSERT INTO ${grandkid} SELECT id, id FROM ${kid}`);
    });
    expect(await rowsOf('its_grandkid')).toBe(310);
    expect(String(await slice(world, smallDay))).toContain(`from ${grandkid}, by way of ${kid},`);
  });

  test('a delete trigger that is created while a slice runs, or an allowed one with another body, never fires', async () => {
    const smallDay = await writeDay(world, 'gains_trigger');
    await runFresh(world, smallDay.job.slice(0, 3));
    await world.sql(`CREATE TABLE ${world.name}.fired (id INT)`);
    const create = (body: string) =>
      world.sql(`CREATE TRIGGER ${world.name}.watch AFTER DELETE ON ${world.name}.gains_trigger FOR EACH ROW ${body}`);
    await slice(world, smallDay, () => create(`INSERT INTO ${world.name}.fired VALUES (OLD.id)`));
    expect([await rowsOf('gains_trigger'), await rowsOf('fired')]).toEqual([310, 0]);
    expect(String(await slice(world, smallDay))).toContain('the trigger watch runs on each delete');

    const other = await writeDay(world, 'rewrites_trigger');
    const policy = world.config.tables.find(({ table }) => table === 'rewrites_trigger');
    Object.assign(policy ?? {}, { allowTriggers: ['own'] });
    const own = (body: string) =>
      world.sql(`CREATE TRIGGER ${world.name}.own AFTER DELETE ON ${world.name}.rewrites_trigger FOR EACH ROW ${body}`);
    await own('SET @gone = OLD.id');
    await runFresh(world, other.job.slice(0, 3));
    await slice(world, other, async () => {
      await world.sql(`DROP TRIGGER ${world.name}.own`);
      await own(`INSERT INTO ${world.name}.fired VALUES (OLD.id)`);
    });
    expect([await rowsOf('rewrites_trigger'), await rowsOf('fired')]).toEqual([310, 0]);
  });

  test('an ALTER to MyISAM while a slice runs ends it before the next delete', async () => {
    const smallDay = await writeDay(world, 'turns');
    await runFresh(world, smallDay.job.slice(0, 3));
    await slice(world, smallDay, () => world.sql(`ALTER TABLE ${world.name}.turns ENGINE = MyISAM`));
    expect(await rowsOf('turns')).toBe(310);
    expect(String(await slice(world, smallDay))).toContain('its engine is MyISAM');
  });
});
