import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDay, writeSeed } from '../support/crashedDay.ts';
import { prepareWithDrift, prepareWithLateRows } from '../support/drift.ts';
import { isNeeded, refuseEach } from '../support/refusedStatements.ts';
import { makeWorld, type World } from '../support/world.ts';

/** Milliseconds. */
const quarter = 900_000;

describe.each(['mysql', 'mariadb'] as const)('on %s, each statement outside of ledger and data', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  test.each([
    ['from the export to the purge', writeDay],
    ['of a heal in the middle of a purge', prepareWithDrift],
    ['of a late pass', prepareWithLateRows],
  ] as const)(
    '%s may fail once: the work goes on, or the next attempt does it, and the account balances',
    async (_, prepare) => {
      const { refused, wrong } = await refuseEach(world, prepare, () => true);
      console.info(
        `${flavor}: ${refused.length} refused, ${refused.filter(({ error }) => error).length} ended an attempt`,
      );
      expect(wrong).toEqual([]);
      expect(refused.filter(({ shape, error }) => error !== undefined && !isNeeded(shape))).toEqual([]);
    },
    quarter,
  );
});
