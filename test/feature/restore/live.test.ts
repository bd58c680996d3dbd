import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preparePutBack } from '../../../src/activities/preparePutBack.ts';
import { putBackPartition } from '../../../src/activities/putBackPartition.ts';
import { openArchived } from '../../../src/checks/openTable.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { Source } from '../../../src/job/source.ts';
import { releaseKept } from '../../../src/ledger/putBacks.ts';
import type { Day } from '../../../src/model/day.ts';
import { openDay } from '../../../src/partition/open/openDay.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  heal,
  manifestOf,
  partition,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

interface Asked {
  where?: string;
  request?: string;
  source?: Source;
}

/** Prepares and puts back, as the workflow does. */
async function putBack(world: World, table: string, { where, request = 'one', source = world.source }: Asked = {}) {
  const input = { table: `${world.name}.${table}`, from: day, to: day, where, request };
  const order = { keepFor: 'P30D', who: 'ada', reason: 'case 4711' };
  await preparePutBack(source, { ...input, ...order }, world.attempt);
  return putBackPartition(source, { table: input.table, day, request }, world.attempt);
}

const release = (world: World, table: string) =>
  releaseKept(world.ledger, { database: world.name, table, day: day as Day }, 'ada');

/** A source whose n-th read of an object fails. */
function failing(world: World, nth: number): Source {
  const source = new Source(world.config);
  const { read } = source.store;
  let reads = 0;
  source.store.read = (key, how) => {
    if (/csv/.test(key) && ++reads === nth) throw new Error('the network is down');
    return read.call(source.store, key, how);
  };
  return source;
}

describe.each(['mysql', 'mariadb'] as const)('restore --live on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('a purged day is back as it was; purges and heals leave it alone, then delete it against its lines, once archived', async () => {
    await fill(world, 'back', 60);
    const before = await tableRows(world, 'back');
    await archive(world, 'back');
    await purgeToEnd(world, 'back');
    expect(await putBack(world, 'back')).toMatchObject({ rows: 60, there: 0, differing: 0 });
    expect(await tableRows(world, 'back')).toEqual(before);
    const kept = /^\w+\.back 2026-01-05 is kept from the purge until .* because ada put its rows back \("case 4711"\)/;
    expect(await purge(world, 'back')).toMatchObject({ done: true, deleted: 0, held: expect.stringMatching(kept) });
    expect(await heal(world, 'back')).toMatchObject({ held: expect.stringMatching(kept), parts: 0 });
    expect(await tableRows(world, 'back')).toEqual(before);
    expect(await release(world, 'back')).toBe(true);
    await purgeToEnd(world, 'back');
    expect(await tableRows(world, 'back')).toEqual([]);
    expect(await archivedRows(world, 'back')).toEqual(before);
    expect(await partition(world, 'back')).toMatchObject({ state: 'purged', rowsDeleted: 120, leftRows: 0 });
  });

  test('a key that is there is compared and never written over; a row whose unique key is taken is named', async () => {
    const name = `${world.name}.there`;
    await fill(world, 'there', 40);
    await world.sql(`ALTER TABLE ${name} ADD UNIQUE KEY by_note (note)`);
    await archive(world, 'there');
    await purgeToEnd(world, 'there');
    await world.sql(
      `INSERT INTO ${name} (id, note, amount, t) VALUES (3, 'note 3', 3.5, '${day} 00:00:01'),
        (4, 'mine', 4.5, '${day} 00:00:01'), (900, 'note 9', 1, '2026-03-01')`,
    );
    const found = await putBack(world, 'there');
    expect(found).toMatchObject({ rows: 37, there: 1, differing: 2 });
    expect(found.examples.sort()).toEqual(['id 4', 'id 9 (another row has its unique key)']);
    const rows = await tableRows(world, 'there');
    expect(rows).toHaveLength(40);
    expect(rows.filter(({ id }) => id === '4' || id === '900').map(({ note }) => note)).toEqual(['mine', 'note 9']);
    // Again, by another run: what is there is there.
    expect(await putBack(world, 'there', { request: 'two' })).toMatchObject({ rows: 0, there: 38, differing: 2 });
  });

  test('after a crash it goes on behind what is committed; two attempts at once put each row back once', async () => {
    await fill(world, 'crash', 90);
    const before = await tableRows(world, 'crash');
    await archive(world, 'crash');
    await purgeToEnd(world, 'crash');
    const source = failing(world, 4);
    await expect(putBack(world, 'crash', { source })).rejects.toThrow('the network is down');
    source.close();
    const half = (await tableRows(world, 'crash')).length;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(90);
    const both = await Promise.all([putBack(world, 'crash'), putBack(world, 'crash')]);
    expect(both.map(({ rows, there }) => [rows, there])).toEqual([
      [90, 0],
      [90, 0],
    ]);
    expect(await tableRows(world, 'crash')).toEqual(before);
  });

  test('an attempt that was opened before is overtaken, and none is opened after, until the time is over', async () => {
    await fill(world, 'fenced', 30);
    await archive(world, 'fenced');
    const policy = findPolicy(world.config, `${world.name}.fenced`);
    const key = { database: world.name, table: 'fenced', day: day as Day };
    const { ledger, source, attempt } = world;
    const { schema } = await openArchived(ledger, policy, { config: world.config });
    const job = { source, ledger, policy, attempt, key };
    const opened = await openDay(job, schema);
    await putBack(world, 'fenced', { where: 'id = 5' });
    await expect(ledger.session.transaction(() => ledger.holdEpoch(key, opened.epoch))).rejects.toThrow(/epoch/);
    await expect(openDay(job, schema)).rejects.toThrow(/is kept from the purge/);
    await world.sql(
      `UPDATE ${world.config.source.ledger}.put_back_days SET kept_until = UTC_TIMESTAMP(6) WHERE table_name = 'fenced'`,
    );
    await purgeToEnd(world, 'fenced');
    expect(await partition(world, 'fenced')).toMatchObject({ state: 'purged', rowsDeleted: 30 });
  });

  test('--where, a further pass under keepBoth, generated columns, and those that came or went since', async () => {
    const name = `${world.name}.shaped`;
    await fill(world, 'shaped', 20, { recreated: 'keepBoth' });
    await world.sql(
      `ALTER TABLE ${name} ADD COLUMN twice DECIMAL(22,2) AS (amount * 2) STORED, ADD COLUMN gone INT NULL`,
    );
    await archive(world, 'shaped');
    await purgeToEnd(world, 'shaped');
    await world.sql(`INSERT INTO ${name} (id, note, amount, t) VALUES (3, 'newer', 1, '${day} 00:00:01')`);
    await purgeToEnd(world, 'shaped');
    expect((await manifestOf(world, 'shaped')).parts.some(({ pass }) => pass > 1)).toBe(true);
    await world.sql(`ALTER TABLE ${name} DROP COLUMN gone, ADD COLUMN came BIGINT NULL DEFAULT 7`);
    expect(await putBack(world, 'shaped', { where: 'id = 4' })).toMatchObject({ rows: 1, there: 0 });
    expect(await putBack(world, 'shaped', { request: 'all' })).toMatchObject({
      rows: 19,
      there: 1,
      differing: 1,
      examples: ['id 3'],
    });
    const rows = await world.sql(
      `SELECT note, CONCAT(twice) AS twice, came FROM ${name} WHERE id IN (3, 4) ORDER BY id`,
    );
    expect(rows).toEqual([
      { note: 'newer', twice: '2.00', came: null },
      { note: 'note 4', twice: '9.00', came: null },
    ]);
    await release(world, 'shaped');
    await purgeToEnd(world, 'shaped');
    expect(await tableRows(world, 'shaped')).toEqual([]);
    expect((await manifestOf(world, 'shaped')).rows).toBe(21);
  });

  test('what the table doesn’t take as it was is refused by name, and nothing of that transaction stays', async () => {
    const name = `${world.name}.refused`;
    await fill(world, 'refused', 20);
    await archive(world, 'refused');
    await purgeToEnd(world, 'refused');
    await world.sql(`CREATE TRIGGER ${name}_in BEFORE INSERT ON ${name} FOR EACH ROW SET NEW.note = 'other'`);
    await expect(putBack(world, 'refused')).rejects.toThrow(/the trigger refused_in runs on each insert/);
    await world.sql(`DROP TRIGGER ${name}_in`);
    await world.sql(`ALTER TABLE ${name} MODIFY note VARCHAR(3)`);
    await expect(putBack(world, 'refused')).rejects.toThrow(
      /changes archived rows as they are put back, the first id \d+/,
    );
    await world.sql(`ALTER TABLE ${name} MODIFY note VARCHAR(40), ADD CONSTRAINT few CHECK (id < 5)`);
    await expect(putBack(world, 'refused')).rejects.toThrow(/doesn’t take an archived row back: a CHECK constraint/);
    expect(await tableRows(world, 'refused')).toEqual([]);
  });
});
