import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeDay, writeSeed } from '../support/crashedDay.ts';
import { isNeeded, refuseEach } from '../support/refusedStatements.ts';
import { makeWorld, type World } from '../support/world.ts';

/** The server's load, which every activity looks at. */
const load = /^SHOW GLOBAL STATUS WHERE/;

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  test('each statement from the export to the purge that only tells something may fail once: the work goes on (P105)', async () => {
    const { refused, wrong } = await refuseEach(world, writeDay, (shape) => !isNeeded(shape));
    expect(wrong).toEqual([]);
    expect(refused.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(refused.filter(({ shape }) => load.test(shape))).not.toEqual([]);
  }, 180_000);
});
