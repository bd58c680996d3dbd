import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dangers, type Instance, printedRights, tryWithout, ways } from '../support/rightsSearch.ts';
import { makeWorld, type World } from '../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    if (flavor === 'mysql') await world.sql('SET GLOBAL partial_revokes = ON');
  });
  afterAll(async () => {
    if (flavor === 'mysql') await world.sql('SET GLOBAL partial_revokes = OFF');
    world.close();
  });

  test('a user that lacks any one of the printed rights works, or is refused by the right’s name; no row is lost', async () => {
    const rights = printedRights(world.name, 'orders', world.config.source.ledger);
    expect(rights).toHaveLength(16);
    const instances: Instance[] = [];
    for (const right of rights)
      for (const way of ways)
        for (const danger of dangers) {
          // Only what a schema has can be revoked from it, and only MySQL knows that.
          if (way === 'partial revoke' && (flavor === 'mariadb' || right.on === '*.*')) continue;
          instances.push({ number: instances.length, right, way, danger });
        }
    const wrong: string[] = [];
    let worked = 0;
    for (const instance of instances) {
      const { outcome, wrong: found } = await tryWithout(world, instance);
      if (outcome === 'works') worked++;
      const shown = `${instance.right.right} on ${instance.right.on}, ${instance.way}, ${instance.danger}`;
      wrong.push(...found.map((each) => `${shown}: ${each}`));
    }
    console.info(`${flavor}: ${instances.length} instances, ${worked} worked, ${instances.length - worked} refused`);
    expect(wrong).toEqual([]);
  }, 3_600_000);
});
