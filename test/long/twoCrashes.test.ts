import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDay, writeSeed } from '../support/crashedDay.ts';
import { prepareWithDrift, prepareWithLateRows } from '../support/drift.ts';
import { allPairs, playPairs } from '../support/twoCrashes.ts';
import { makeWorld, type World } from '../support/world.ts';

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
    ['of a late pass', prepareWithLateRows],
  ] as const)(
    '%s leaves each row once, the account balanced and no object that nothing names (P87)',
    async (_, prepare) => {
      const pairs = await allPairs(world, prepare);
      process.stdout.write(`${pairs.length} pairs\n`);
      expect(await playPairs(world, prepare, pairs)).toEqual([]);
    },
    hours,
  );
});
