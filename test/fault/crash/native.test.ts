import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Source } from '../../../src/job/source.ts';
import { archivedRows, purge, purgeToEnd } from '../../support/archived.ts';
import { dieAfterEachStatement, lateRow } from '../../support/dyingExchange.ts';
import { account, dayRows, fillNative, twinTables, waitsForMetadata } from '../../support/partitioned.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each([
  ['mysql', 3],
  ['mariadb', 5],
] as const)('an exchange whose worker dies, on %s, at a sample of its statements', (flavor, every) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('after any statement: the account balances, and the next attempt ends it', async () => {
    expect(await dieAfterEachStatement(world, every)).toBeGreaterThan(12);
  }, 300_000);

  test('after any statement of the way back, too', async () => {
    expect(await dieAfterEachStatement(world, every, lateRow)).toBeGreaterThan(20);
  }, 300_000);

  test('while the exchange waits for a lock, and it goes through with nobody there', async () => {
    await fillNative(world, 'waiting');
    const before = await dayRows(world, 'waiting');
    const reader = await world.source.open('REPEATABLE READ');
    await reader.execute('START TRANSACTION');
    await reader.rows(`SELECT * FROM ${world.name}.waiting LIMIT 1`);
    const lost = new Source(world.config);
    let close: () => void = () => undefined;
    lost.open = async (isolation) => {
      const session = await world.source.open(isolation);
      close = () => session.close();
      return session;
    };
    // What a destroyed connection was asked is never answered.
    void purge(world, 'waiting', lost).catch(() => undefined);
    await waitsForMetadata(world, '`waiting`');
    close();
    reader.close();
    lost.close();
    expect(await purgeToEnd(world, 'waiting')).toEqual([]);
    expect(await archivedRows(world, 'waiting')).toEqual(before);
    expect(await account(world, 'waiting')).toMatchObject({ table: 1, twins: 0, deleted: 61 });
    expect(await twinTables(world, 'waiting')).toEqual([]);
  });
});
