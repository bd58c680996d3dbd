import { afterAll, beforeAll, expect, test } from 'vitest';
import { planDay } from '../../../src/activities/planDay.ts';
import { openTable } from '../../../src/checks/openTable.ts';
import { TableRefused } from '../../../src/mysql/schema/tableSchema.ts';
import { Session } from '../../../src/mysql/session/session.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('mysql');
  const create = async (table: string, columns: string) => {
    await world.sql(`CREATE TABLE ${world.name}.${table} (${columns})`);
    world.add({ table, timeColumn: 't' });
  };
  await create('good', 'id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t)');
  await create('keyless', 'id INT, t DATETIME NOT NULL, KEY (t)');
  await create('indexless', 'id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (id, t)');
  await create('parent', 'id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t)');
  await world.sql(
    `CREATE TABLE ${world.name}.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES ${world.name}.parent (id) ON DELETE CASCADE)`,
  );
  await create('triggered', 'id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t)');
  await world.sql(
    `CREATE TRIGGER ${world.name}.gone AFTER DELETE ON ${world.name}.triggered FOR EACH ROW DELETE FROM ${world.name}.good`,
  );
  await create('floating', 'id DOUBLE PRIMARY KEY, t DATETIME NOT NULL, KEY (t)');
});
afterAll(() => world.close());

test('a table that can’t be purged safely is refused with its reason, and the others go on (P22, P48)', async () => {
  const { tables } = await planDay(
    world.source,
    { day: '2026-01-01', startedAt: new Date().toISOString() },
    world.attempt,
  );
  const refused = Object.fromEntries(tables.map((plan) => [plan.table.split('.')[1], plan.refused]));
  expect(refused).toEqual({
    good: undefined,
    keyless: expect.stringContaining('no primary key'),
    indexless: expect.stringContaining('no index leads with t'),
    parent: expect.stringContaining('ON DELETE CASCADE'),
    triggered: expect.stringContaining('the trigger gone runs on each delete'),
    floating: expect.stringContaining('has no exact order'),
  });
});

test('a day that isn’t over, and a run scheduled in the future, archive nothing (P79)', async () => {
  const now = new Date();
  const { tables } = await planDay(
    world.source,
    { day: now.toISOString().slice(0, 10), startedAt: now.toISOString() },
    world.attempt,
  );
  expect(tables.flatMap((plan) => plan.days)).toEqual([]);
  const future = new Date(now.getTime() + 3_600_000).toISOString();
  const planned = planDay(world.source, { scheduledTime: future, startedAt: now.toISOString() }, world.attempt);
  await expect(planned).rejects.toThrow(/yet to come/);
});

test('only a timely run fills gaps and starts purges; an older one archives its own day and no other', async () => {
  const startedAt = new Date().toISOString();
  const old = new Date(Date.now() - 3 * 86_400_000).toISOString();
  const plan = async (scheduledTime: string) =>
    (await planDay(world.source, { scheduledTime, startedAt }, world.attempt)).tables.find((each) =>
      each.table.endsWith('.good'),
    );
  const late = await plan(old);
  expect(late?.days).toHaveLength(1);
  expect(late?.cutoff).toBeUndefined();
  const timely = await plan(startedAt);
  expect(timely?.cutoff).toBeDefined();
});

test.each(['mysql', 'mariadb'] as const)(
  'on %s, a user who may not see a trigger or a cascade has the table refused, not its rows deleted (P48)',
  async (flavor) => {
    const hiding = await makeWorld(flavor);
    const { name } = hiding;
    await hiding.sql(`CREATE TABLE ${name}.parent (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await hiding.sql(`CREATE TABLE ${name}.plain (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await hiding.sql(`CREATE DATABASE ${name}_hidden`);
    await hiding.sql(
      `CREATE TABLE ${name}_hidden.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES ${name}.parent (id) ON DELETE CASCADE)`,
    );
    await hiding.sql(`CREATE USER '${name}'@'%' IDENTIFIED BY 'few'`);
    await hiding.sql(`GRANT SELECT, DELETE ON ${name}.* TO '${name}'@'%'`);
    const reasons = async (table: string) => {
      const session = await Session.open({ ...hiding.config.source, user: name, password: 'few' }, 'READ COMMITTED');
      try {
        await openTable(session, { database: name, table, timeColumn: 't' });
        return 'none';
      } catch (error) {
        return error instanceof TableRefused ? error.reason : String(error);
      } finally {
        session.close();
      }
    };
    expect(await reasons('plain')).toContain('GRANT PROCESS');
    await hiding.sql(`GRANT PROCESS ON *.* TO '${name}'@'%'`);
    if (flavor === 'mysql') expect(await reasons('plain')).toContain('GRANT TRIGGER');
    await hiding.sql(`GRANT TRIGGER ON ${name}.* TO '${name}'@'%'`);
    expect(await reasons('plain')).toBe('none');
    expect(await reasons('parent')).toContain(`ON DELETE CASCADE from ${name}_hidden.child`);
    hiding.close();
  },
);

test.each(['mysql', 'mariadb'] as const)(
  'on %s, a cascade between names that InnoDB encodes is found (P48)',
  async (flavor) => {
    const odd = await makeWorld(flavor);
    await odd.sql(`CREATE DATABASE \`${odd.name}.x y\``);
    const place = { database: `${odd.name}.x y`, table: 'p.ü-1' };
    await odd.sql(`CREATE TABLE \`${place.database}\`.\`p.ü-1\` (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await odd.sql(
      `CREATE TABLE \`${odd.name}.x y\`.\`c h\` (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES \`p.ü-1\` (id) ON DELETE SET NULL)`,
    );
    await expect(openTable(odd.session, { ...place, timeColumn: 't' })).rejects.toThrow(
      /ON DELETE SET NULL from `\w+\.x y`\.`c h`/,
    );
    odd.close();
  },
);
