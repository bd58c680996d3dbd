import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { isStop } from '../../../src/job/stops.ts';
import { adoptManifests } from '../../../src/partition/open/adoptManifests.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  heal,
  insert,
  manifestOf,
  partition,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { copyLedger, forgetTable } from '../../support/ledgerCopy.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('a ledger behind the purge’s trace, on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const policyOf = (table: string) => findPolicy(world.config, `${world.name}.${table}`);
  const accept = (table: string) => adoptManifests(world.source, world.ledger, policyOf(table));

  /** Purges so many rows and no more: the fuse of rows a day ends the slice. */
  async function purgeRows(table: string, rows: number): Promise<void> {
    await world.sql(`DELETE FROM ${world.ledger.name}.deletions WHERE table_name = ?`, [table]);
    Object.assign(policyOf(table), { maxRowsPerDay: rows });
    expect(await purge(world, table)).toMatchObject({ deleted: rows, heldBy: 'fuse' });
    Object.assign(policyOf(table), { maxRowsPerDay: 0 });
  }

  async function refuses(table: string): Promise<void> {
    const before = await manifestOf(world, table);
    const epoch = (await partition(world, table))?.epoch;
    for (const work of [() => purge(world, table), () => heal(world, table)]) {
      const error = await work().catch((thrown: unknown) => thrown);
      expect(isStop(error), String(error)).toBe(true);
      expect(String(error)).toContain(`${world.name}.${table} ${day}`);
      expect(String(error)).toMatch(/_purge\.json/);
      expect(String(error)).toMatch(new RegExp(`sediment accept ${world.name}\\.${table} --rewind --reason`));
      expect(String(error)).not.toMatch(/maxHealRemoval|from a backup|restore the ledger/i);
    }
    expect(await manifestOf(world, table)).toEqual(before);
    expect((await partition(world, table))?.epoch).toBe(epoch);
  }

  test('stops purge, heal and export when it was restored alone; accepted, the purge goes on where it was (P86)', async () => {
    await fill(world, 'alone', 1_000);
    const rows = await tableRows(world, 'alone');
    await archive(world, 'alone');
    await purgeRows('alone', 30);
    const backup = await copyLedger(world, 'alone');
    await purgeRows('alone', 60);
    await backup.restore();
    await refuses('alone');
    await expect(archive(world, 'alone', world.source, '2026-01-06')).rejects.toThrow(/--rewind/);
    expect(await tableRows(world, 'alone')).toHaveLength(910);
    expect(await accept('alone')).toEqual([day]);
    expect(await partition(world, 'alone')).toMatchObject({ rowsDeleted: 90, rowsRemoved: 0 });
    expect(await purgeToEnd(world, 'alone')).toEqual([]);
    expect(await archivedRows(world, 'alone')).toEqual(rows);
    expect(await tableRows(world, 'alone')).toEqual([]);
    expect(await partition(world, 'alone')).toMatchObject({ state: 'purged', rowsDeleted: 1_000, revision: 1 });
    expect(await accept('alone')).toEqual([]);
  });

  test('whose schema was dropped in the middle of a day is brought to the trace, and nothing is healed away (P86)', async () => {
    await fill(world, 'dropped', 1_000);
    const rows = await tableRows(world, 'dropped');
    await archive(world, 'dropped');
    await purgeRows('dropped', 90);
    await forgetTable(world, 'dropped');
    await expect(archive(world, 'dropped')).rejects.toThrow(/--rewind/);
    await expect(archive(world, 'dropped', world.source, '2026-01-06')).rejects.toThrow(/--rewind/);
    expect(await accept('dropped')).toEqual([day]);
    expect(await partition(world, 'dropped')).toMatchObject({ state: 'purging', rowsDeleted: 90 });
    expect(await purgeToEnd(world, 'dropped')).toEqual([]);
    expect(await archivedRows(world, 'dropped')).toEqual(rows);
    expect(await partition(world, 'dropped')).toMatchObject({ state: 'purged', rowsDeleted: 1_000, rowsRemoved: 0 });
    await archive(world, 'dropped', world.source, '2026-01-06');
  });

  test('whose schema was dropped after whole days were purged keeps every line of them (P86)', async () => {
    await fill(world, 'whole', 60);
    const rows = await tableRows(world, 'whole');
    await archive(world, 'whole');
    await purgeToEnd(world, 'whole');
    await forgetTable(world, 'whole');
    expect(await accept('whole')).toEqual([day]);
    expect(await purgeToEnd(world, 'whole')).toEqual([]);
    expect(await archivedRows(world, 'whole')).toEqual(rows);
    expect(await partition(world, 'whole')).toMatchObject({ state: 'purged', rowsDeleted: 60, rowsRemoved: 0 });
  });

  test('because tables and ledger were restored together stops too; accepted, the rows that are back go again (P77, P86)', async () => {
    await fill(world, 'together', 200);
    const rows = await tableRows(world, 'together');
    await archive(world, 'together');
    await purgeRows('together', 30);
    const backup = await copyLedger(world, 'together');
    await purgeToEnd(world, 'together');
    await backup.restore();
    await insert(world, 'together', 30, 200);
    await refuses('together');
    expect(await accept('together')).toEqual([day]);
    expect(await partition(world, 'together')).toMatchObject({ rowsDeleted: 30 });
    expect(await purgeToEnd(world, 'together')).toEqual([]);
    expect(await archivedRows(world, 'together')).toEqual(rows);
    expect(await tableRows(world, 'together')).toEqual([]);
    expect(await partition(world, 'together')).toMatchObject({ state: 'purged', rowsDeleted: 200 });
  });

  test('because its cursor was set back by hand is brought forward by the same command (P86)', async () => {
    await fill(world, 'edited', 100);
    const rows = await tableRows(world, 'edited');
    await archive(world, 'edited');
    await purgeRows('edited', 40);
    await world.sql(`UPDATE ${world.ledger.name}.partitions SET cursor_json = NULL WHERE table_name = 'edited'`);
    await expect(purge(world, 'edited')).rejects.toThrow(/accept \S+\.edited --rewind/);
    await expect(heal(world, 'edited')).rejects.toThrow(/accept \S+\.edited --rewind/);
    expect(await accept('edited')).toEqual([day]);
    expect(await purgeToEnd(world, 'edited')).toEqual([]);
    expect(await archivedRows(world, 'edited')).toEqual(rows);
    expect(await partition(world, 'edited')).toMatchObject({ state: 'purged', rowsDeleted: 100, rowsRemoved: 0 });
  });

  test('by what a killed slice deleted is found by the rows that are gone, and counts them once accepted (P86)', async () => {
    await fill(world, 'killed', 200);
    const rows = await tableRows(world, 'killed');
    await archive(world, 'killed');
    await purgeRows('killed', 20);
    // The slice is killed behind its second transaction: its trace names no end. The backup is of between the two.
    await world.sql(`DELETE FROM ${world.ledger.name}.deletions WHERE table_name = 'killed'`);
    Object.assign(policyOf('killed'), { maxRowsPerDay: 20 });
    let beats = 0;
    const input = { table: `${world.name}.killed`, cutoff: '2026-06-01', forMillis: 60_000 };
    const heartbeat = () => {
      if (++beats === 1) throw new Error('the machine is gone');
    };
    await expect(purgeSlice(world.source, input, { ...world.attempt, heartbeat })).rejects.toThrow(
      'the machine is gone',
    );
    const backup = await copyLedger(world, 'killed');
    expect(await partition(world, 'killed')).toMatchObject({ rowsDeleted: 40 });
    // A kill between two commits, and the ledger of the first: the same as rows gone that it doesn't count.
    await world.sql(`DELETE FROM ${world.name}.killed WHERE id < 60`);
    await backup.restore();
    Object.assign(policyOf('killed'), { maxRowsPerDay: 0 });
    await expect(purge(world, 'killed')).rejects.toThrow(/all 10 rows .*gone.*--rewind/);
    await expect(heal(world, 'killed')).rejects.toThrow(/--rewind/);
    expect(await accept('killed')).toEqual([day]);
    expect(await partition(world, 'killed')).toMatchObject({ rowsDeleted: 60 });
    expect(await purgeToEnd(world, 'killed')).toEqual([]);
    expect(await archivedRows(world, 'killed')).toEqual(rows);
    expect(await partition(world, 'killed')).toMatchObject({ state: 'purged', rowsDeleted: 200, rowsRemoved: 0 });
  });

  test('with a chunk half gone in the stretch that nobody can vouch for is left as it is, with the way on (P86)', async () => {
    await fill(world, 'mixed', 100);
    const rows = await tableRows(world, 'mixed');
    await archive(world, 'mixed');
    await purgeRows('mixed', 20);
    await forgetTable(world, 'mixed');
    // As the first version left it: no trace.
    const trace = (await world.source.store.list(`${world.name}/mixed/`)).find((key) => key.endsWith('_purge.json'));
    await world.source.store.remove(String(trace));
    await world.sql(`DELETE FROM ${world.name}.mixed WHERE id IN (23, 24)`);
    await expect(accept('mixed')).rejects.toThrow(/2 of 10 rows .*neither .*accept \S+\.mixed --rewind/s);
    expect(await partition(world, 'mixed')).toBeUndefined();
    await world.sql(
      `INSERT INTO ${world.name}.mixed VALUES ${rows
        .slice(23, 25)
        .map((row) => `(${row.id}, '${row.note}', ${row.amount}, '${row.t}')`)
        .join(',')}`,
    );
    expect(await accept('mixed')).toEqual([day]);
    expect(await partition(world, 'mixed')).toMatchObject({ rowsDeleted: 20 });
    expect(await purgeToEnd(world, 'mixed')).toEqual([]);
    expect(await archivedRows(world, 'mixed')).toEqual(rows);
  });
});
