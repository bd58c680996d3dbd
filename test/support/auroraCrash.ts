import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuroraWorld, makeAuroraWorld, staged, writtenDay } from './aurora.ts';
import { writeSeed } from './crashedDay.ts';
import { atEveryStep, type Mishap, type Prepare } from './faultMatrix.ts';

/** What becomes of an attempt, in words; the mishap; how many steps there are to each one that is tried; the day, left out: of gzip. */
export type Case = readonly [string, Mishap, number, Prepare?];

/** Puts the job of a day that the server writes itself, from the export to the purge, through mishaps. @param millis for each */
export function survives(where: string, cases: readonly Case[], millis: number): void {
  describe(`a job of a day that the server writes itself, from the export to the purge, at ${where}`, () => {
    let world: AuroraWorld;

    beforeAll(async () => {
      world = await makeAuroraWorld();
      await writeSeed(world);
    });
    afterAll(() => world.end());

    test.each(cases.map(([what, mishap, every, prepare = writtenDay]) => ({ what, mishap, every, prepare })))(
      'whose attempt $what: each row once, and nothing left in staging',
      async ({ mishap, every, prepare }) => {
        expect(await atEveryStep(world, mishap, every, prepare)).toEqual([]);
        // A statement whose worker is gone writes on until it ends; whoever commits the day sweeps once more.
        await expect.poll(() => staged(world)).toEqual([]);
      },
      millis,
    );
  });
}
