import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDay, writeSeed } from '../support/crashedDay.ts';
import { prepareWithDrift, prepareWithLateRows } from '../support/drift.ts';
import { seed } from '../support/seed.ts';
import { allPairs, playPairs, samplePairs } from '../support/twoCrashes.ts';
import { makeWorld, type World } from '../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('two attempts that die one after the other, on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  test.each([
    ['from the export to the close', writeDay],
    ['of a heal in the middle of a purge', prepareWithDrift],
    ['of a late pass', prepareWithLateRows],
  ] as const)(
    '%s, with a writer in between: each row once, and nothing visible that isn’t named (P87)',
    async (_, prepare) => {
      const pairs = samplePairs(await allPairs(world, prepare), 6, seed);
      expect(await playPairs(world, prepare, pairs), `SEED=${seed}`).toEqual([]);
    },
    240_000,
  );
});
