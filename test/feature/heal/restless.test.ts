import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { healPartition } from '../../../src/activities/healPartition.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  heal,
  partition,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('a day that changes again after each heal on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** Changes a row, meets it as drift and heals it, until that is given up. @returns how often it was healed, and why no more */
  async function untilGivenUp(table: string): Promise<{ heals: number; error: unknown }> {
    for (let heals = 0; ; heals++) {
      await world.sql(`UPDATE ${world.name}.${table} SET amount = amount + 1 WHERE id = 3`);
      expect((await purge(world, table)).drifted).toBe(true);
      const error = await heal(world, table).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error !== undefined || heals === 20) return { heals, error };
    }
  }

  const givenUp = {
    heals: 5,
    error: expect.objectContaining({
      name: 'Stopped',
      message: expect.stringMatching(/still changing after 5 heals, now 1 row changed \(3\).*sediment heal/),
    }),
  };

  test('is given up, with what changes there', async () => {
    await fill(world, 'restless', 30);
    await archive(world, 'restless');
    expect(await untilGivenUp('restless')).toEqual(givenUp);
    expect(await tableRows(world, 'restless')).toHaveLength(30);
  });

  test('is healed as often again once a person has asked for a heal', async () => {
    await fill(world, 'asked', 30);
    await archive(world, 'asked');
    expect(await untilGivenUp('asked')).toEqual(givenUp);
    const input = { table: `${world.name}.asked`, day, asked: true };
    expect(await healPartition(world.source, input, world.attempt)).toMatchObject({ changed: 1 });
    expect(await partition(world, 'asked')).toMatchObject({ healsHere: 0, stopped: null });
    expect(await untilGivenUp('asked')).toEqual(givenUp);
    // Without a difference too: the person has looked.
    await world.sql(`UPDATE ${world.name}.asked SET amount = amount - 1 WHERE id = 3`);
    expect(await healPartition(world.source, input, world.attempt)).toMatchObject({ changed: 0 });
    expect(await partition(world, 'asked')).toMatchObject({ healsHere: 0, stopped: null });
    const rows = await tableRows(world, 'asked');
    await purgeToEnd(world, 'asked');
    expect(await archivedRows(world, 'asked')).toEqual(rows);
  });

  test('is healed again by itself once it has been quiet for twelve hours', async () => {
    await fill(world, 'quiet', 30);
    await archive(world, 'quiet');
    expect(await untilGivenUp('quiet')).toEqual(givenUp);
    await world.sql(
      `UPDATE ${world.name}_ledger.partitions SET healed_at = healed_at - INTERVAL 12 HOUR WHERE table_name = 'quiet'`,
    );
    expect(await heal(world, 'quiet')).toMatchObject({ changed: 1 });
    await purgeToEnd(world, 'quiet');
    expect(await tableRows(world, 'quiet')).toEqual([]);
  });
});
