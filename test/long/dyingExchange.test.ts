import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dieAfterEachStatement, lateRow } from '../support/dyingExchange.ts';
import { makeWorld, type World } from '../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)(
  'an exchange whose worker dies after each of its statements, on %s',
  (flavor) => {
    let world: World;
    beforeAll(async () => {
      world = await makeWorld(flavor);
    });
    afterAll(() => world.close());

    test.each([
      ['its way forth', 12, undefined],
      ['the way back, too', 20, lateRow],
    ] as const)(
      '%s: the account balances, and the next attempt ends it',
      async (_, statements, early) => {
        expect(await dieAfterEachStatement(world, 1, early)).toBeGreaterThan(statements);
      },
      600_000,
    );
  },
);
