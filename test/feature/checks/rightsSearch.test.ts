import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dangers, printedRights, tryWithout, ways } from '../../support/rightsSearch.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('a user that lacks one of the printed rights works, or is refused by its name: a sample of the ways and dangers (P104)', async () => {
    const wrong: string[] = [];
    for (const [number, right] of printedRights(world.name, 'orders', world.config.source.ledger).entries()) {
      const way = ways[number % (ways.length - 1)] ?? 'never';
      const danger = dangers[number % dangers.length] ?? 'none';
      const { wrong: found } = await tryWithout(world, { number, right, way, danger });
      wrong.push(...found.map((each) => `${right.right} on ${right.on}, ${way}, ${danger}: ${each}`));
    }
    expect(wrong).toEqual([]);
  }, 180_000);

  test('a user that may create no procedures in the ledger is refused by CREATE ROUTINE, which the server doesn’t name', async () => {
    const right = { right: 'CREATE ROUTINE', on: `\`${world.config.source.ledger}\`.*` };
    for (const [index, way] of (['never', 'revoked', 'revoked from a role'] as const).entries()) {
      const found = await tryWithout(world, { number: 100 + index, right, way, danger: 'none' });
      expect(found).toEqual({ outcome: expect.stringMatching(/lacks CREATE ROUTINE on .*_ledger\.\*/), wrong: [] });
    }
  });
});
