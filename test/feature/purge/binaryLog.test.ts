import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readBinlogEnd } from '../../../src/mysql/health/binlogHistory.ts';
import type { Flavor } from '../../../src/mysql/session/session.ts';
import { archive, fill, heal, insert, purge, purgeToEnd } from '../../support/archived.ts';
import { type LoggedEvent, readBinlog } from '../../support/binlogReader.ts';
import { makeWorld, type World } from '../../support/world.ts';

const flavors: Flavor[] = ['mysql', 'mariadb'];

describe.each(flavors)('a consumer of the binary log, on %s,', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** As docs/change-data-capture.md has it. */
  const isPurge = (transaction: readonly LoggedEvent[]) =>
    transaction.some(({ table }) => table === `${world.name}_ledger.deletions`);
  const deletedIn = (transactions: readonly LoggedEvent[][], table: string) =>
    transactions
      .flat()
      .filter((event) => event.kind === 'delete' && event.table === `${world.name}.${table}`)
      .flatMap(({ ids = [] }) => ids.map(Number))
      .sort((one, other) => one - other);

  test('tells each purged row from each row that the application deletes, none wrong', async () => {
    const table = `told_${flavor}`;
    await fill(world, table, 60);
    await archive(world, table);
    const begins = await readBinlogEnd(world.session);
    if (!begins) throw new Error('the server has no binary log');
    // The application deletes from the day that is purged, beside it, and in a transaction with other tables.
    await world.sql(`DELETE FROM ${world.name}.${table} WHERE id IN (5, 6)`);
    await insert(world, table, 1_000, 1_003);
    await world.session.transaction(async () => {
      await world.session.execute(`DELETE FROM ${world.name}.${table} WHERE id BETWEEN 1000 AND 1002`);
      await world.session.execute(`UPDATE ${world.name}.${table} SET note = 'x' WHERE id = 50`);
    });
    await purgeToEnd(world, table);
    await world.sql(`CREATE TABLE ${world.name}.other_${flavor} (id INT PRIMARY KEY)`);
    await world.sql(`INSERT INTO ${world.name}.other_${flavor} VALUES (1), (2)`);
    await world.sql(`DELETE FROM ${world.name}.other_${flavor}`);

    const log = await readBinlog(inject('stack')[flavor].port, begins, [world.name, `${world.name}_ledger`]);
    const purged = log.filter(isPurge);
    const others = log.filter((transaction) => !isPurge(transaction));
    const expected = Array.from({ length: 60 }, (_, id) => id).filter((id) => id !== 5 && id !== 6);
    expect(deletedIn(purged, table)).toEqual(expected);
    expect(deletedIn(others, table)).toEqual([5, 6, 1_000, 1_001, 1_002]);
    expect(deletedIn(others, `other_${flavor}`)).toEqual([1, 2]);
    expect(deletedIn(purged, `other_${flavor}`)).toEqual([]);
  });

  test('finds in a purging transaction the deletes, then the day’s account in the ledger, and nothing else', async () => {
    const table = `held_${flavor}`;
    await fill(world, table, 30);
    await archive(world, table);
    const begins = await readBinlogEnd(world.session);
    if (!begins) throw new Error('the server has no binary log');
    await purge(world, table);
    const log = await readBinlog(inject('stack')[flavor].port, begins, [world.name, `${world.name}_ledger`]);
    const purging = log.filter(isPurge).filter((transaction) => transaction.some((each) => each.table.endsWith(table)));
    expect(purging.length).toBeGreaterThan(0);
    const ledger = `${world.name}_ledger`;
    for (const transaction of purging) {
      const [first, ...rest] = [...new Set(transaction.map(({ kind, table: of }) => `${kind} ${of}`))];
      expect(first).toBe(`delete ${world.name}.${table}`);
      expect(rest).toEqual([
        expect.stringMatching(`^(insert|update) ${ledger}.deletions$`),
        `update ${ledger}.partitions`,
      ]);
    }
  });

  test('sees keys alone of what is purged under binlogRowImage: minimal, and tells it as before', async () => {
    const table = `minimal_${flavor}`;
    await fill(world, table, 30, { binlogRowImage: 'minimal' });
    await archive(world, table);
    const begins = await readBinlogEnd(world.session);
    if (!begins) throw new Error('the server has no binary log');
    await purgeToEnd(world, table);
    const log = await readBinlog(inject('stack')[flavor].port, begins, [world.name, `${world.name}_ledger`]);
    expect(deletedIn(log.filter(isPurge), table)).toEqual(Array.from({ length: 30 }, (_, id) => id));
    const deletes = log.flat().filter((each) => each.kind === 'delete' && each.table === `${world.name}.${table}`);
    expect(new Set(deletes.flatMap(({ values = [] }) => values))).toEqual(new Set([1]));
  });

  test('sees late rows go like any other purged row', async () => {
    const table = `late_${flavor}`;
    await fill(world, table, 20);
    await archive(world, table);
    await purgeToEnd(world, table);
    await insert(world, table, 3, 5);
    const begins = await readBinlogEnd(world.session);
    if (!begins) throw new Error('the server has no binary log');
    await heal(world, table);
    await purgeToEnd(world, table);
    const log = await readBinlog(inject('stack')[flavor].port, begins, [world.name, `${world.name}_ledger`]);
    expect(deletedIn(log.filter(isPurge), table)).toEqual([3, 4]);
    expect(
      deletedIn(
        log.filter((each) => !isPurge(each)),
        table,
      ),
    ).toEqual([]);
  });
});
