import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import type { Config } from '../../../src/config/load.ts';
import { requireOwnPrefix } from '../../../src/export/claimPrefix.ts';
import { Source } from '../../../src/job/source.ts';
import { firstOpenDay } from '../../../src/model/day.ts';
import { openTransactionsSince } from '../../../src/mysql/schema/openTransactions.ts';
import { archive, day, fill, manifestOf, partition, purge, purgeToEnd, tableRows } from '../../support/archived.ts';
import { freshName, makeBucket, makeLockedBucket } from '../../support/bucket.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

/** The same source with another name or another prefix. */
function other(change: Partial<Config['source']>, store: Partial<Config['store']> = {}): Source {
  const { config } = world;
  return new Source({ ...config, source: { ...config.source, ...change }, store: { ...config.store, ...store } });
}

test('a prefix that belongs to another source is refused, and so is one with objects of nobody (P40, P78)', async () => {
  const second = other({ name: 'second' });
  await expect(requireOwnPrefix(second)).rejects.toThrow(/belongs to source w\w+, this is second/);
  second.close();
  await world.source.store.putNew('strange/reports.csv', Buffer.from('not ours'));
  const strange = other({}, { prefix: 'strange' });
  await expect(requireOwnPrefix(strange)).rejects.toThrow(/holds strange\/reports.csv and no strange\/_sediment.json/);
  strange.close();
  const fresh = other({ name: 'second' }, { prefix: 'fresh' });
  await requireOwnPrefix(fresh);
  expect(JSON.parse((await fresh.store.read('fresh/_sediment.json')).toString())).toMatchObject({ source: 'second' });
  fresh.close();
});

test('another bucket than the one that holds a table’s archive stops export and purge, and writes nothing of it there', async () => {
  await fill(world, 'astray', 20);
  await archive(world, 'astray');
  const bucket = freshName();
  const empty = await makeBucket(bucket);
  const source = other({}, { bucket });
  await expect(purge(world, 'astray', source)).rejects.toThrow(
    new RegExp(`_manifest.json is gone from bucket ${bucket}.+put it back from its versions, or store.bucket`),
  );
  const input = { table: `${world.name}.astray`, day: '2026-01-06' };
  await expect(exportPartition(source, input, world.attempt)).rejects.toThrow(
    new RegExp(`archived days of it, and nothing of them lies below .+ in bucket ${bucket}: put store.bucket back`),
  );
  source.close();
  expect(await empty.list(`${world.name}/`)).toEqual([]);
  expect(await tableRows(world, 'astray')).toHaveLength(20);
});

test('a bucket whose Object Lock keeps each version takes an archive, a heal and a purge', async () => {
  const bucket = freshName();
  await makeLockedBucket(bucket);
  const source = other({}, { bucket });
  await fill(world, 'locked', 30);
  await archive(world, 'locked', source);
  await world.sql(`UPDATE ${world.name}.locked SET note = 'changed' WHERE id = 7`);
  expect(await purgeToEnd(world, 'locked', source)).toMatchObject([{ changed: 1 }]);
  source.close();
  expect(await partition(world, 'locked')).toMatchObject({ state: 'purged', rowsDeleted: 30 });
});

test('an export into another source’s prefix takes nothing and writes nothing (P78)', async () => {
  await fill(world, 'foreign', 20);
  const second = other({ name: 'second', ledger: world.config.source.ledger });
  const before = await world.source.store.list('');
  await expect(exportPartition(second, { table: `${world.name}.foreign`, day }, world.attempt)).rejects.toThrow(
    /belongs to source/,
  );
  expect(await world.source.store.list('')).toEqual(before);
  expect(await partition(world, 'foreign')).toBeUndefined();
  second.close();
});

test('a store without conditional writes is exported to, and never purged against', async () => {
  await fill(world, 'lax', 20);
  await archive(world, 'lax');
  const lax = new Source(world.config);
  lax.store.probe = async () => ({ versioning: true, conditionalWrites: false });
  await expect(purge(world, 'lax', lax)).rejects.toThrow(/lets one key be written twice/);
  lax.close();
  expect(await tableRows(world, 'lax')).toHaveLength(20);
});

test('the share of the table that a UTC day may see deleted is a fuse: it holds, says so, and lets the next day go on', async () => {
  await fill(world, 'shared', 2_500, { chunkRows: 100, partBytes: 8_000, maxShareOfTable: 0.3 });
  await world.sql(
    `INSERT INTO ${world.name}.shared (id, note, amount, t) SELECT id + 10000, note, amount, t + INTERVAL 9000 DAY FROM ${world.name}.shared`,
  );
  await archive(world, 'shared');
  // Some 1,500 of 5,000: the first transaction takes 1,000, and a second one of so many would be too much.
  const first = await purge(world, 'shared');
  expect(first).toMatchObject({
    done: false,
    heldBy: 'fuse',
    held: expect.stringMatching(/^fuse: \d+ rows deleted today, maxShareOfTable is 0\.3, \d+ of about \d+ rows$/),
  });
  expect(first.deleted).toBeGreaterThanOrEqual(1_000);
  expect(first.deleted).toBeLessThan(2_000);
  expect(await tableRows(world, 'shared')).toHaveLength(5_000 - first.deleted);
  expect(await purge(world, 'shared')).toMatchObject({ deleted: 0, heldBy: 'fuse' });
  for (let day = 0; day < 5 && (await partition(world, 'shared'))?.state !== 'purged'; day++) {
    await world.sql(
      `UPDATE ${world.ledger.name}.deletions SET utc_day = utc_day - INTERVAL ${day + 1} DAY WHERE table_name = 'shared' AND utc_day = UTC_DATE()`,
    );
    await purge(world, 'shared');
  }
  expect(await partition(world, 'shared')).toMatchObject({ state: 'purged', rowsDeleted: 2_500 });
});

test('a fuse of fewer rows than a transaction would take makes it smaller, and holds the rest for the next day', async () => {
  await fill(world, 'small', 300, { maxRowsPerDay: 40 });
  await archive(world, 'small');
  expect(await purge(world, 'small')).toMatchObject({
    deleted: 40,
    held: 'fuse: 40 rows deleted today, maxRowsPerDay is 40',
  });
  expect(await tableRows(world, 'small')).toHaveLength(260);
});

test.each([
  ['2026-11-22T00:10:00Z', 'UTC', 'PT15M', '2026-11-21'],
  ['2026-11-22T00:15:00Z', 'UTC', 'PT15M', '2026-11-22'],
  ['2026-11-22T00:15:00Z', 'UTC', 'P14D', '2026-11-08'],
  ['2026-03-29T22:05:00Z', 'Europe/Berlin', 'PT10M', '2026-03-29'],
  ['2026-03-29T22:10:00Z', 'Europe/Berlin', 'PT10M', '2026-03-30'],
])('at %s in %s a day that settles for %s is open from %s on', (now, zone, settle, expected) => {
  expect(firstOpenDay(now, zone, settle)).toBe(expected);
});

test('a day that hasn’t settled yet is not exported', async () => {
  await fill(world, 'unsettled', 20, { settle: 'P9999D' });
  const run = exportPartition(world.source, { table: `${world.name}.unsettled`, day }, world.attempt);
  await expect(run).rejects.toThrow(/isn't over and settled yet/);
});

test('transactions begun before an instant and still open are counted; what one commits after the export is healed (P4)', async () => {
  await fill(world, 'open', 20);
  const connection = await createConnection({ ...inject('stack').mysql });
  await connection.query('START TRANSACTION');
  await connection.query(`INSERT INTO ${world.name}.open VALUES (99, 'late', 1, '${day} 23:59:59')`);
  // Polled, because InnoDB answers with what it had found before, until nobody has asked for a tenth of a second.
  const since = (instant: string) => () => openTransactionsSince(world.session, instant);
  await expect.poll(since('2999-01-01 00:00:00'), { interval: 250 }).toBeGreaterThanOrEqual(1);
  expect(await since(`${day} 00:00:00`)()).toBe(0);
  await archive(world, 'open');
  await connection.query('COMMIT');
  await connection.end();
  await purgeToEnd(world, 'open');
  expect(await tableRows(world, 'open')).toEqual([]);
  expect(await partition(world, 'open')).toMatchObject({ state: 'purged', rowsDeleted: 21 });
});

test('another session’s statement with a character of four bytes hinders no export, and its transaction is counted (P105)', async () => {
  await fill(world, 'emoji', 20);
  const connection = await createConnection({ ...inject('stack').mysql, charset: 'utf8mb4' });
  await connection.query('START TRANSACTION');
  await connection.query(`INSERT INTO ${world.name}.emoji VALUES (99, 'late', 1, '${day} 23:59:59')`);
  const speaking = connection.query("SELECT GET_LOCK('said', 60), SLEEP(60), '😀'");
  speaking.catch(() => undefined);
  await expect.poll(() => world.sql("SELECT IS_USED_LOCK('said') AS id")).toMatchObject([{ id: expect.anything() }]);
  // Polled, as above.
  const asked = () => world.sql('SELECT trx_id FROM information_schema.INNODB_TRX').then(String, String);
  await expect.poll(asked, { interval: 250 }).toMatch(/utf8mb3/);
  expect(await openTransactionsSince(world.session, '2999-01-01 00:00:00')).toBeGreaterThanOrEqual(1);
  await archive(world, 'emoji');
  connection.destroy();
  expect(await partition(world, 'emoji')).toMatchObject({ state: 'archived' });
});

test('rows with no time, or one that is none, are counted, named and never purged (P6)', async () => {
  await world.sql(
    `CREATE TABLE ${world.name}.undated (id INT PRIMARY KEY, note VARCHAR(9), amount INT, t DATETIME NULL, KEY (t))`,
  );
  world.add({ table: 'undated', timeColumn: 't' });
  await world.session.execute("SET SESSION sql_mode = ''");
  await world.sql(
    `INSERT INTO ${world.name}.undated (id, t) VALUES (1, NULL), (2, NULL), (3, '0000-00-00 00:00:00'), (4, '${day} 10:00:00')`,
  );
  await archive(world, 'undated');
  expect((await manifestOf(world, 'undated')).undated).toEqual({ withoutTime: 2, outOfRange: 1 });
  expect(await world.ledger.readTable(world.name, 'undated')).toMatchObject({ undatedRows: 3, firstDay: day });
  await purgeToEnd(world, 'undated');
  expect((await world.sql(`SELECT id FROM ${world.name}.undated ORDER BY id`)).map((row) => row.id)).toEqual([1, 2, 3]);
});

test('a fuse below one chunk lets one chunk go per UTC day, and no more', async () => {
  await fill(world, 'tiny', 30, { maxRowsPerDay: 5 });
  await archive(world, 'tiny');
  expect(await purge(world, 'tiny')).toMatchObject({ deleted: 10, heldBy: 'fuse' });
  expect(await purge(world, 'tiny')).toMatchObject({ deleted: 0, heldBy: 'fuse' });
  await world.sql(
    `UPDATE ${world.ledger.name}.deletions SET utc_day = utc_day - INTERVAL 1 DAY WHERE table_name = 'tiny'`,
  );
  expect(await purge(world, 'tiny')).toMatchObject({ deleted: 10, heldBy: 'fuse' });
});
