import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDay, writeSeed } from '../support/crashedDay.ts';
import { prepareWithDrift, prepareWithLateRows, prepareWithStretches } from '../support/drift.ts';
import { atEveryStep, killed, stopped, twice, unanswered } from '../support/faultMatrix.ts';
import { makeWorld, type World } from '../support/world.ts';

/** A share of the steps, `SEDIMENT_PARTS=6`: every sixth, from one on that the seed chooses (`SEED=0` to `5`). */
const every = Number(process.env.SEDIMENT_PARTS ?? 1);
/** Milliseconds. */
const hours = 2 * 3_600_000;

const mishaps = { killed, unanswered, stopped, twice };
const jobs = {
  'a job from the export to the purge': writeDay,
  'a heal in the middle of a purge': prepareWithDrift,
  'a heal in two stretches': prepareWithStretches,
  'a further pass of late rows': prepareWithLateRows,
};

describe.each(['mysql', 'mariadb'] as const)('on %s, at every step that it takes', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  const cases = Object.keys(jobs).flatMap((job) => Object.keys(mishaps).map((mishap) => [job, mishap] as const));
  test.each(cases)(
    '%s whose attempt is %s keeps the promise (P7, P8, P9, P10, P57, P62, P63)',
    async (job, mishap) => {
      const prepare = jobs[job as keyof typeof jobs];
      expect(await atEveryStep(world, mishaps[mishap as keyof typeof mishaps], every, prepare)).toEqual([]);
    },
    hours,
  );
});
