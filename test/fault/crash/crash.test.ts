import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSeed } from '../../support/crashedDay.ts';
import { atEveryStep, killed, unanswered } from '../../support/faultMatrix.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** Milliseconds; some twenty seconds on two free cores, a machine that does much else takes far longer. */
const sampled = 600_000;

describe.each([
  ['mysql', 6],
  ['mariadb', 12],
] as const)(
  'a job of one day on %s, from the export to the purge, at a sample of the steps that it takes',
  (flavor, every) => {
    let world: World;

    beforeAll(async () => {
      world = await makeWorld(flavor);
      await writeSeed(world);
    });
    afterAll(() => world.close());

    test(
      'dies: a new worker goes on, and the account balances (P7, P8, P9, P10, P12, P15)',
      async () => {
        expect(await atEveryStep(world, killed, every)).toEqual([]);
      },
      sampled,
    );

    test(
      'loses the answer to a request that was carried out: what happened is asked for, not guessed (P11, P16)',
      async () => {
        expect(await atEveryStep(world, unanswered, every)).toEqual([]);
      },
      sampled,
    );
  },
);
