import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSeed } from '../../support/crashedDay.ts';
import { atEveryStep, stopped, twice } from '../../support/faultMatrix.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** Milliseconds; some twenty seconds on two free cores, a machine that does much else takes far longer. */
const sampled = 600_000;

describe.each([
  ['mysql', 6],
  ['mariadb', 12],
] as const)('an attempt on %s, at a sample of the steps that it takes', (flavor, every) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  test(
    'is stopped, outlived by its retry and then goes on: it publishes nothing and removes nothing (P57, P63, P65)',
    async () => {
      expect(await atEveryStep(world, stopped, every)).toEqual([]);
    },
    sampled,
  );

  test(
    'meets another of the same activity: one manifest, and no row is deleted twice (P57)',
    async () => {
      expect(await atEveryStep(world, twice, every)).toEqual([]);
    },
    sampled,
  );
});
