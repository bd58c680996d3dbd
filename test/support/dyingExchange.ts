import { expect } from 'vitest';
import { archivedRows, day, partition, purge, purgeToEnd, tableRows } from './archived.ts';
import { isAside } from './faultMatrix.ts';
import { account, fillNative, once, twinTables, watched } from './partitioned.ts';
import { seed } from './seed.ts';
import type { World } from './world.ts';

/** What happens to the table while its native partition is out. */
export type Early = (world: World, table: string) => Promise<unknown>;

/** A row of the day arrives, so that the exchanged rows go back. */
export const lateRow: Early = (world, table) =>
  world.sql(`INSERT INTO ${world.name}.${table} VALUES (9200, 'late', 1, '${day} 20:00:00')`);

let tables = 0;

/**
 * Purges a day by exchange again and again, each time with a worker that dies after a later statement, until one comes
 * to its end; the next attempt must end each of them.
 * @param every only one statement of so many, from one on that the seed chooses
 * @returns how many statements the purge has
 */
export async function dieAfterEachStatement(world: World, every: number, early?: Early): Promise<number> {
  for (let at = 1 + (seed % every); ; at += every) {
    const seen = await dieAfter(world, at, early);
    if (seen < at) return seen;
  }
}

/** The worker's connection closes once the server has run the nth statement from the first exchange table on. */
async function dieAfter(world: World, at: number, early?: Early): Promise<number> {
  const table = `dying_${tables++}`;
  await fillNative(world, table, { rows: 20, layout: 'halves', chunkRows: 100, partBytes: 1 << 20 });
  let seen = 0;
  let rows = 22;
  const arrives = once(/EXCHANGE/, async () => {
    if (early) rows += (await early(world, table)) ? 1 : 0;
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
  return seen;
}
