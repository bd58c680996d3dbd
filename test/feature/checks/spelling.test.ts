import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { Source } from '../../../src/job/source.ts';
import { stackFolder } from '../../../stack/fetch.ts';
import { startMariadb } from '../../../stack/mariadb.ts';
import type { Server } from '../../../stack/process.ts';
import { archive, day, purge } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe('on a MariaDB that compares names without case', () => {
  const folder = join(stackFolder, `spelling-${process.pid}`);
  const running: Server[] = [];
  let world: World;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    const server = await startMariadb(folder, (started) => running.push(started), {
      flags: ['--lower-case-table-names=1'],
    });
    world = await makeWorld('mariadb', { port: server.port });
    await world.sql('CREATE DATABASE Depot');
  });
  afterAll(async () => {
    world?.close();
    await Promise.all(running.map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const create = async (table: string) => {
    await world.sql(`CREATE TABLE Depot.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await world.sql(`INSERT INTO Depot.${table} VALUES (1, '${day}'), (2, '${day}')`);
    world.add({ database: 'Depot', table, timeColumn: 't' });
  };
  const job = (table: string) => ({ table: `Depot.${table}`, day });
  const only = (...tables: string[]) =>
    new Source({ ...world.config, tables: world.config.tables.filter(({ table }) => tables.includes(table)) });
  const left = async (table: string) => (await world.sql(`SELECT id FROM Depot.${table}`)).length;

  /** Export, verify and commit by the policy's own spelling. */
  async function archived(source: Source, table: string) {
    const near = { ...world, name: 'Depot' };
    await archive(near, table, source);
    return purge(near, table, source);
  }

  test('a cascade from a child is found by whatever spelling the policy has', async () => {
    await create('OrderHead');
    await world.sql(
      'CREATE TABLE Depot.OrderLine (id INT PRIMARY KEY, h INT, FOREIGN KEY (h) REFERENCES OrderHead (id) ON DELETE CASCADE)',
    );
    await world.sql('INSERT INTO Depot.OrderLine VALUES (1, 1)');
    const source = only('OrderHead');
    await expect(exportPartition(source, job('OrderHead'), world.attempt)).rejects.toThrow(
      /ON DELETE CASCADE from depot\.orderline/,
    );
    source.close();
  });

  test('one that comes after the export stops the purge (P97)', async () => {
    await create('Invoice');
    const source = only('Invoice');
    await archive({ ...world, name: 'Depot' }, 'Invoice', source);
    await world.sql(
      'CREATE TABLE Depot.InvoiceLine (id INT PRIMARY KEY, h INT, FOREIGN KEY (h) REFERENCES Invoice (id) ON DELETE CASCADE)',
    );
    await world.sql('INSERT INTO Depot.InvoiceLine VALUES (1, 1)');
    await expect(purge({ ...world, name: 'Depot' }, 'Invoice', source)).rejects.toThrow(/ON DELETE CASCADE/);
    expect([await left('Invoice'), await left('InvoiceLine')]).toEqual([2, 1]);
    source.close();
  });

  test('a table is archived and purged under the policy’s spelling, and another spelling of it is refused', async () => {
    await create('Parcel');
    const source = only('Parcel');
    expect(await archived(source, 'Parcel')).toMatchObject({ deleted: 2 });
    source.close();
    world.add({ database: 'depot', table: 'PARCEL', timeColumn: 't' });
    const respelled = only('PARCEL');
    await expect(exportPartition(respelled, { table: 'depot.PARCEL', day }, world.attempt)).rejects.toThrow(
      /its archive was begun as Depot\.Parcel, which is the same table on this server; write table: Depot\.Parcel/,
    );
    respelled.close();
  });

  test('two policies that come to one table are refused, each naming the other (P97)', async () => {
    await create('Box');
    world.add({ database: 'depot', table: 'box', timeColumn: 't' });
    const source = only('Box', 'box');
    for (const [table, other] of [
      ['Depot.Box', 'depot.box'],
      ['depot.box', 'Depot.Box'],
    ] as const)
      await expect(exportPartition(source, { table, day }, world.attempt)).rejects.toThrow(
        `${table} and ${other} are one table on this server`,
      );
    source.close();
  });
});

describe.each(['mysql', 'mariadb'] as const)('on a %s that tells upper and lower case apart', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('a policy with another spelling than the table’s is refused with the one that is there', async () => {
    await world.sql(`CREATE TABLE ${world.name}.OrderHead (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    for (const table of ['orderhead', 'OrderHaed']) {
      world.add({ table, timeColumn: 't' });
      await expect(
        exportPartition(world.source, { table: `${world.name}.${table}`, day }, world.attempt),
      ).rejects.toThrow(`did you mean ${world.name}.OrderHead? Write table: ${world.name}.OrderHead`);
    }
  });

  test('two tables whose names differ in case alone are two tables', async () => {
    for (const table of ['Twin', 'twin']) {
      await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
      await world.sql(`INSERT INTO ${world.name}.${table} VALUES (1, '${day}')`);
      world.add({ table, timeColumn: 't' });
    }
    for (const table of ['Twin', 'twin']) {
      await archive(world, table);
      expect(await purge(world, table)).toMatchObject({ deleted: 1 });
    }
  });

  test('a cascade is found where names hold a slash, which InnoDB’s list puts between database and table too', async () => {
    const database = `${world.name}/a/b`;
    const name = (table: string) => `\`${database}\`.\`${table}\``;
    await world.sql(`CREATE DATABASE \`${database}\``);
    await world.sql(`CREATE TABLE ${name('parent/1')} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await world.sql(`INSERT INTO ${name('parent/1')} VALUES (1, '${day}')`);
    world.add({ database, table: 'parent/1', timeColumn: 't' });
    const near = { ...world, name: database };
    await archive(near, 'parent/1');
    await world.sql(
      `CREATE TABLE ${name('child/2')} (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES ${name('parent/1')} (id) ON DELETE CASCADE)`,
    );
    await world.sql(`INSERT INTO ${name('child/2')} VALUES (1)`);
    await expect(purge(near, 'parent/1')).rejects.toThrow(/ON DELETE CASCADE from .*child\/2/);
    expect(await world.sql(`SELECT id FROM ${name('child/2')}`)).toHaveLength(1);
    await world.sql(`DROP TABLE ${name('child/2')}`);
    expect(await purge(near, 'parent/1')).toMatchObject({ deleted: 1 });
  });
});
