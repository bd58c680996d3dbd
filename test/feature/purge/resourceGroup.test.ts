import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { grantsSql } from '../../../src/mysql/schema/grants.ts';
import { createGroupSql, joinResourceGroup } from '../../../src/mysql/session/resourceGroup.ts';
import { archive, day, fill, purge } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** As a policy has it beside what the template says. */
const inGroup = (world: World, group: string) => {
  const [first] = world.config.tables;
  return { throttle: { ...first?.throttle, resourceGroup: group } as World['config']['tables'][number]['throttle'] };
};

describe('a resource group', () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld('mysql');
    await fill(world, 'plain', 30);
  });
  afterAll(async () => {
    await world.sql(`DROP RESOURCE GROUP ${world.name} FORCE`).catch(() => undefined);
    world.close();
  });

  test('that isn’t there refuses the export and the purge by name, before anything is touched', async () => {
    await fill(world, 'nowhere', 30, inGroup(world, 'nowhere'));
    const table = `${world.name}.nowhere`;
    await expect(exportPartition(world.source, { table, day }, world.attempt)).rejects.toThrow(
      'throttle.resourceGroup: nowhere: there is no such resource group. CREATE RESOURCE GROUP `nowhere` TYPE = USER',
    );
    await expect(purge(world, 'nowhere')).rejects.toThrow('throttle.resourceGroup: nowhere');
    expect(await world.ledger.readTable(world.name, 'nowhere')).toBeUndefined();
    expect(await world.sql(`SELECT COUNT(*) AS n FROM ${table}`)).toEqual([{ n: '30' }]);
  });

  test('made as doctor --grants prints it has the sessions of a purge', async () => {
    const { name } = world;
    await fill(world, 'grouped', 30, inGroup(world, name));
    const sql = grantsSql(world.config.tables.slice(-1), `${name}_ledger`, name);
    expect(sql).toContain(createGroupSql(name));
    await world.sql(createGroupSql(name).replace(';', ''));
    await archive(world, 'grouped');
    expect(await purge(world, 'grouped')).toMatchObject({ deleted: 30 });
    await joinResourceGroup(world.session, name);
    const [thread] = await world.sql(
      'SELECT resource_group AS own FROM performance_schema.threads WHERE processlist_id = CONNECTION_ID()',
    );
    expect(thread?.own).toBe(name);
  });
});

test('MariaDB, which has no resource groups, refuses one by name', async () => {
  const world = await makeWorld('mariadb');
  await expect(joinResourceGroup(world.session, 'slow')).rejects.toThrow('MariaDB has no resource groups');
  world.close();
});
