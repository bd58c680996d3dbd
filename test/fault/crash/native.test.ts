import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Source } from '../../../src/job/source.ts';
import { archivedRows, day, partition, purge, purgeToEnd, tableRows } from '../../support/archived.ts';
import { isAside } from '../../support/faultMatrix.ts';
import {
  account,
  dayRows,
  fillNative,
  once,
  twinTables,
  waitsForMetadata,
  watched,
} from '../../support/partitioned.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** Whether the purge came to its end before the statement after which its worker was to die. */
type Reached = 'died' | 'ended';

describe.each(['mysql', 'mariadb'] as const)('an exchange whose worker dies, on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('after any statement: the account balances, and the next attempt ends it', async () => {
    let step = 0;
    while ((await crash(`forth${step}`, ++step)) === 'died');
    expect(step).toBeGreaterThan(12);
  }, 300_000);

  test('after any statement of the way back, too', async () => {
    let step = 0;
    const row = (table: string) =>
      world.sql(`INSERT INTO ${world.name}.${table} VALUES (9200, 'late', 1, '${day} 20:00:00')`);
    while ((await crash(`back${step}`, ++step, row)) === 'died');
    expect(step).toBeGreaterThan(20);
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

  /** Closes the connection once the server has run the nth statement from the first twin on. */
  async function crash(table: string, at: number, early?: (table: string) => Promise<unknown>): Promise<Reached> {
    await fillNative(world, table, { rows: 20, layout: 'halves', chunkRows: 100, partBytes: 1 << 20 });
    let seen = 0;
    let rows = 22;
    const arrives = once(/EXCHANGE/, async () => {
      if (early) rows += (await early(table)) ? 1 : 0;
    });
    const dying = watched(world, {
      before: arrives,
      after: async (sql, session) => {
        // Neither changes anything: a crash after one is a crash after what came before it.
        if (
          /^(START TRANSACTION|SET)/.test(sql) ||
          isAside(`sql ${sql}`) ||
          (seen === 0 && !/CREATE TABLE .*twin_/.test(sql))
        )
          return;
        if (++seen === at) session.close();
      },
    });
    const [outcome] = await Promise.allSettled([purge(world, table, dying)]);
    dying.close();
    const balance = await account(world, table);
    expect(balance, `${table}, statement ${at}`).toMatchObject({ sum: rows });
    if (outcome.status === 'rejected') expect(String(outcome.reason)).toMatch(/closed/i);
    await purgeToEnd(world, table);
    expect((await tableRows(world, table)).map((row) => row.id)).toEqual(['9001']);
    expect(await archivedRows(world, table)).toHaveLength(rows - 1);
    expect(await partition(world, table)).toMatchObject({ state: 'purged', rowsDeleted: rows - 1, stopped: null });
    expect(await twinTables(world, table)).toEqual([]);
    await world.sql(`DROP TABLE ${world.name}.${table}`);
    return seen >= at ? 'died' : 'ended';
  }
});
