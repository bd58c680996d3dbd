import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuroraWorld, failedOver, makeAuroraWorld, staged, writtenDay } from '../support/aurora.ts';
import { writeSeed } from '../support/crashedDay.ts';
import { atEveryStep, killed, stopped, twice, unanswered } from '../support/faultMatrix.ts';

/** A share of the steps, `SEDIMENT_PARTS=6`: every sixth, from one on that the seed chooses. */
const every = Number(process.env.SEDIMENT_PARTS ?? 1);
/** Milliseconds. */
const hours = 2 * 3_600_000;

describe('a job of a day that the server writes itself, from the export to the purge, at every step', () => {
  let world: AuroraWorld;

  beforeAll(async () => {
    world = await makeAuroraWorld();
    await writeSeed(world);
  });
  afterAll(() => world.end());

  test.each([
    ['dies', killed],
    ['loses the answer', unanswered],
    ['is stopped, outlived by its retry and goes on', stopped],
    ['meets another of the same activity', twice],
    ['sees the writer fail over', failedOver],
  ] as const)(
    'whose attempt %s: each row once, and nothing left in staging',
    async (_, mishap) => {
      expect(await atEveryStep(world, mishap, every, writtenDay)).toEqual([]);
      // A statement whose worker is gone writes on until it ends; whoever commits the day sweeps once more.
      await expect.poll(() => staged(world)).toEqual([]);
    },
    hours,
  );
});
