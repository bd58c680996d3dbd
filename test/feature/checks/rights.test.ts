import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Source } from '../../../src/job/source.ts';
import { type Account, openAccount } from '../../support/account.ts';
import { archive, fill, purge, tableRows } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s, a user', (flavor) => {
  let world: World;
  let account: Account;
  let source: Source;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    account = await openAccount(world);
    source = new Source(account.config);
  });
  afterAll(() => {
    source.close();
    world.close();
  });

  /** Rights that MariaDB doesn't know, and triggers that it doesn't hide. */
  const only = (title: string, work: () => Promise<void>) => {
    if (flavor === 'mysql') test(title, work);
  };
  const grant = (rights: string, on: string) => world.sql(`GRANT ${rights} ON ${on} TO ${account.user}`);
  const revoke = (rights: string, on: string) => world.sql(`REVOKE ${rights} ON ${on} FROM ${account.user}`);
  const left = async (table: string) => (await tableRows(world, table)).length;

  test('who sees some columns only has the table refused, before the export and after it', async () => {
    await fill(world, 'secretive', 30);
    const table = `${world.name}.secretive`;
    await grant('SELECT (id, note, t), DELETE, TRIGGER', table);
    await expect(archive(world, 'secretive', source)).rejects.toThrow(/no SELECT on the whole table.+GRANT SELECT/);
    await grant('SELECT', table);
    await archive(world, 'secretive', source);
    await revoke('SELECT', table);
    await grant('SELECT (id, note, t)', table);
    await expect(purge(world, 'secretive', source)).rejects.toThrow(/no SELECT on the whole table/);
    expect(await left('secretive')).toBe(30);
  });

  test('who loses a column’s right while a slice runs deletes nothing more', async () => {
    await fill(world, 'narrowed', 3_000, { chunkRows: 500 });
    const table = `${world.name}.narrowed`;
    await grant('SELECT, DELETE, TRIGGER', table);
    await archive(world, 'narrowed', source);
    await purge(world, 'narrowed', source, 1);
    const before = await left('narrowed');
    await revoke('SELECT', table);
    await grant('SELECT (id, note, t)', table);
    await expect(purge(world, 'narrowed', source)).rejects.toThrow(/no SELECT on the whole table/);
    expect(await left('narrowed')).toBe(before);
  });

  test('whose rights come by a role has them while it is active, and is told of a role that isn’t', async () => {
    await fill(world, 'by_role', 10);
    await world.sql(`CREATE ROLE ${world.name}_r`);
    await world.sql(`GRANT SELECT, DELETE, TRIGGER ON ${world.name}.by_role TO ${world.name}_r`);
    // What it has by itself is too little.
    await grant('SELECT (id, t)', `${world.name}.by_role`);
    await world.sql(`GRANT ${world.name}_r TO ${account.user}`);
    await expect(archive(world, 'by_role', source)).rejects.toThrow(/no SELECT on the whole table.+SET DEFAULT ROLE/);
    const to = flavor === 'mysql' ? `${world.name}_r TO ${account.user}` : `${world.name}_r FOR ${account.user}`;
    await world.sql(`SET DEFAULT ROLE ${to}`);
    await archive(world, 'by_role', source);
    expect(await purge(world, 'by_role', source)).toMatchObject({ deleted: 10 });
  });

  test('without DELETE is refused by the right’s name when it comes to the purge', async () => {
    await fill(world, 'kept', 10);
    await grant('SELECT, TRIGGER', `${world.name}.kept`);
    await archive(world, 'kept', source);
    await expect(purge(world, 'kept', source)).rejects.toThrow(/the user has no DELETE on it.*; GRANT DELETE/);
    expect(await left('kept')).toBe(10);
  });

  only('from whom a schema’s TRIGGER is revoked in part may not purge past a hidden trigger', async () => {
    await world.sql('SET GLOBAL partial_revokes = ON');
    const wide = await openAccount(world, 'wide');
    const widely = new Source(wide.config);
    try {
      await world.sql(`GRANT SELECT, DELETE, TRIGGER ON *.* TO ${wide.user}`);
      await fill(world, 'watched', 10);
      await archive(world, 'watched', widely);
      await world.sql(`CREATE TABLE ${world.name}.copied (id INT)`);
      await world.sql(
        `CREATE TRIGGER ${world.name}.hidden AFTER DELETE ON ${world.name}.watched FOR EACH ROW INSERT INTO ${world.name}.copied VALUES (1)`,
      );
      await world.sql(`REVOKE TRIGGER ON ${world.name}.* FROM ${wide.user}`);
      await expect(purge(world, 'watched', widely)).rejects.toThrow(/may not see its triggers.+GRANT TRIGGER/);
      expect(await left('watched')).toBe(10);
    } finally {
      widely.close();
      await world.sql(`DROP USER ${wide.user}`);
      await world.sql('SET GLOBAL partial_revokes = OFF');
    }
  });

  only('from whom TRIGGER is revoked while a slice runs deletes nothing past a hidden trigger', async () => {
    await fill(world, 'revoked', 3_000, { chunkRows: 500 });
    const table = `${world.name}.revoked`;
    await grant('SELECT, DELETE, TRIGGER', table);
    await archive(world, 'revoked', source);
    await world.sql(`CREATE TABLE ${world.name}.heard (id INT)`);
    let changed: Promise<unknown> | undefined;
    let after = 0;
    const change = async () => {
      after = await left('revoked');
      await revoke('TRIGGER', table);
      await world.sql(
        `CREATE TRIGGER ${world.name}.unheard AFTER DELETE ON ${table} FOR EACH ROW INSERT INTO ${world.name}.heard VALUES (OLD.id)`,
      );
    };
    await account.slice('revoked', async () => {
      changed ??= change();
      await changed;
    });
    expect(after).toBeGreaterThan(0);
    const [heard] = await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.heard`);
    expect([await left('revoked'), Number(heard?.number)]).toEqual([after, 0]);
    await expect(purge(world, 'revoked', source)).rejects.toThrow(/may not see its triggers/);
  });

  test('with the printed grants and no more archives and purges', async () => {
    await fill(world, 'least', 10);
    await grant('SELECT, DELETE, TRIGGER', `${world.name}.least`);
    await archive(world, 'least', source);
    expect(await purge(world, 'least', source)).toMatchObject({ deleted: 10 });
  });
});
