import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuroraWorld, failedOver, makeAuroraWorld, staged, writtenDay } from '../../support/aurora.ts';
import { writeSeed } from '../../support/crashedDay.ts';
import { atEveryStep, killed, stopped } from '../../support/faultMatrix.ts';

/** Milliseconds; a machine that does much else takes far longer than the half minute on two free cores. */
const sampled = 600_000;

describe('a job of a day that the server writes itself, from the export to the purge, at a sample of its steps', () => {
  let world: AuroraWorld;

  beforeAll(async () => {
    world = await makeAuroraWorld();
    await writeSeed(world);
  });
  afterAll(() => world.end());

  test.each([
    ['dies', killed, 24],
    ['is stopped, outlived by its retry and goes on', stopped, 48],
    ['sees the writer fail over', failedOver, 32],
  ] as const)(
    'whose attempt %s: each row once, and nothing left in staging',
    async (_, mishap, every) => {
      expect(await atEveryStep(world, mishap, every, writtenDay)).toEqual([]);
      // A statement whose worker is gone writes on until it ends; whoever commits the day sweeps once more.
      await expect.poll(() => staged(world)).toEqual([]);
    },
    sampled,
  );
});
