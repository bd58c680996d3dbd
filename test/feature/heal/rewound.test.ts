import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPolicy } from '../../../src/config/policy.ts';
import { adoptManifests } from '../../../src/partition/open/adoptManifests.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  heal,
  insert,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('a database that went back in time on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('a manifest from the ledger’s future means that the database went back in time: nothing is taken (P77)', async () => {
    await fill(world, 'rewound', 60);
    await archive(world, 'rewound');
    const before = await world.sql(`SELECT * FROM ${world.ledger.name}.partitions WHERE table_name = 'rewound'`);
    await world.sql(`UPDATE ${world.name}.rewound SET note = 'new' WHERE id = 40`);
    await heal(world, 'rewound');
    // As a restore would leave it: the row from before the heal.
    await world.sql(
      `UPDATE ${world.ledger.name}.partitions SET epoch = ?, revision = 1, manifest_version = ? WHERE table_name = 'rewound'`,
      [before[0]?.epoch, before[0]?.manifest_version],
    );
    await expect(purge(world, 'rewound')).rejects.toThrow(/gone back in time/);
    const rows = await tableRows(world, 'rewound');
    expect(rows).toHaveLength(60);
    const policy = findPolicy(world.config, `${world.name}.rewound`);
    expect(await adoptManifests(world.source, world.ledger, policy)).toEqual([day]);
    await purgeToEnd(world, 'rewound');
    expect(await archivedRows(world, 'rewound')).toEqual(rows);
    expect(await tableRows(world, 'rewound')).toEqual([]);
  });

  test('rows that a restore brought back are proved and deleted again, and stand in the archive once (P77)', async () => {
    await fill(world, 'restored', 90);
    const rows = await tableRows(world, 'restored');
    await archive(world, 'restored');
    await purgeToEnd(world, 'restored');
    // The backup is from before the day was archived: the ledger knows nothing of it, the table has it all.
    for (const name of ['partitions', 'parts', 'tables'])
      await world.sql(`DELETE FROM ${world.ledger.name}.${name} WHERE table_name = 'restored'`);
    await insert(world, 'restored', 0, 90);
    await expect(archive(world, 'restored')).rejects.toThrow(/gone back in time/);
    const policy = findPolicy(world.config, `${world.name}.restored`);
    expect(await adoptManifests(world.source, world.ledger, policy)).toEqual([day]);
    await purgeToEnd(world, 'restored');
    expect(await archivedRows(world, 'restored')).toEqual(rows);
    expect(await tableRows(world, 'restored')).toEqual([]);
  });

  test('a server that nobody has accepted is not purged: a restored copy, or the wrong host (P14)', async () => {
    await fill(world, 'swapped', 20);
    await archive(world, 'swapped');
    const servers = `${world.ledger.name}.servers`;
    const [own] = await world.sql(`SELECT server_id FROM ${servers}`);
    await world.sql(`UPDATE ${servers} SET server_id = 'another'`);
    await expect(purge(world, 'swapped')).rejects.toThrow(/sediment accept --all --server/);
    expect(await tableRows(world, 'swapped')).toHaveLength(20);
    await world.sql(`UPDATE ${servers} SET server_id = ?`, [own?.server_id]);
  });
});
