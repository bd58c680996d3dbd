import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSeed } from '../../support/crashedDay.ts';
import { prepareWithDrift, prepareWithLateRows, prepareWithStretches } from '../../support/drift.ts';
import { atEveryStep, killed, stopped, twice } from '../../support/faultMatrix.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** Milliseconds; some twenty seconds on two free cores, a machine that does much else takes far longer. */
const sampled = 600_000;

describe.each([
  ['mysql', 6, 10],
  ['mariadb', 12, 20],
] as const)(
  'the heal of a day on %s, in the middle of its purge, at a sample of the steps that it takes',
  (flavor, every, everyOther) => {
    let world: World;

    beforeAll(async () => {
      world = await makeWorld(flavor);
      await writeSeed(world);
    });
    afterAll(() => world.close());

    test(
      'dies: the old manifest stands or the new one, a new worker goes on, and the account balances (P3, P4, P62)',
      async () => {
        expect(await atEveryStep(world, killed, every, prepareWithDrift)).toEqual([]);
      },
      sampled,
    );

    test(
      'is stopped, outlived by its retry and then goes on: it publishes nothing and removes nothing (P57, P62, P63, P65)',
      async () => {
        expect(await atEveryStep(world, stopped, everyOther, prepareWithDrift)).toEqual([]);
      },
      sampled,
    );

    test(
      'meets another of the same day: each row is archived once (P57)',
      async () => {
        expect(await atEveryStep(world, twice, everyOther, prepareWithDrift)).toEqual([]);
      },
      sampled,
    );

    test(
      'dies between two parts that it publishes one after the other: the next attempt goes on (P3, P87)',
      async () => {
        expect(await atEveryStep(world, killed, everyOther, prepareWithStretches)).toEqual([]);
      },
      sampled,
    );

    test(
      'dies while it archives rows that came after the purge: they stand once in a further pass (P4, P63)',
      async () => {
        expect(await atEveryStep(world, killed, everyOther, prepareWithLateRows)).toEqual([]);
      },
      sampled,
    );
  },
);
