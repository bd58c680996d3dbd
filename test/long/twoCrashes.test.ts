import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDay, writeSeed } from '../support/crashedDay.ts';
import { prepareWithDrift, prepareWithLateRows, prepareWithStretches } from '../support/drift.ts';
import { allPairs, playPairs } from '../support/twoCrashes.ts';
import { makeWorld, type World } from '../support/world.ts';

/** A share of the pairs, as `2/40`: the third of forty, so that a search can be spread over machines and hours. */
const [part = 0, parts = 1] = (process.env.SEDIMENT_PART ?? '0/1').split('/').map(Number);
/** Milliseconds. */
const hours = 6 * 3_600_000;

describe('every pair of steps at which two attempts die, with a writer in between', () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld('mysql');
    await writeSeed(world);
  });
  afterAll(() => world.close());

  test.each([
    ['from the export to the close', writeDay],
    ['of a heal in the middle of a purge', prepareWithDrift],
    ['of a heal in two stretches', prepareWithStretches],
    ['of a late pass', prepareWithLateRows],
  ] as const)(
    '%s leaves each row once, the account balanced and no object that nothing names (P87)',
    async (_, prepare) => {
      const all = await allPairs(world, prepare);
      const pairs = all.filter((_, index) => index % parts === part);
      console.info(`${pairs.length} of ${all.length} pairs`);
      expect(await playPairs(world, prepare, pairs)).toEqual([]);
    },
    hours,
  );
});
