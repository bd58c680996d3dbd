import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { Source } from '../../../src/job/source.ts';
import {
  archive,
  archivedRows,
  day,
  heal,
  insert,
  partition,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import {
  account,
  dayRows,
  fillNative,
  type layouts,
  once,
  twinTables,
  waitsForMetadata,
  watched,
} from '../../support/partitioned.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('native partitions on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test.each(['toDays', 'columns', 'unix', 'halves', 'first'] as (keyof typeof layouts)[])(
    'a day that is exactly its native partitions is exchanged, proved and dropped whole: %s',
    async (layout) => {
      const table = `whole_${layout}`;
      await fillNative(world, table, { layout });
      const before = await dayRows(world, table);
      const names = layout === 'halves' ? 'p05am, p05pm' : 'p05';
      expect(await purge(world, table)).toMatchObject({ deleted: 61, native: `exchanged ${names}` });
      expect(await archivedRows(world, table)).toEqual(before);
      expect((await tableRows(world, table)).map((row) => row.id)).toEqual(['9001']);
      expect(await partition(world, table)).toMatchObject({
        state: 'purged',
        rowsDeleted: 61,
        proofs: 1,
        stopped: null,
      });
      const [spent] = await world.sql(`SELECT deleted FROM ${world.ledger.name}.deletions WHERE table_name = ?`, [
        table,
      ]);
      expect(Number(spent?.deleted)).toBe(61);
      expect(await twinTables(world, table)).toEqual([]);
      expect(await purge(world, table)).toEqual({ done: true, deleted: 0 });
    },
  );

  test('unless the policy says auto, nothing is exchanged', async () => {
    await fillNative(world, 'never', { nativePartitions: 'never' });
    const slice = await purge(world, 'never');
    expect(slice).toMatchObject({ deleted: 61 });
    expect(slice).not.toHaveProperty('native');
  });

  test('strays of the first native partition are found first, and the day falls back to chunks (P54)', async () => {
    await fillNative(world, 'strays', { layout: 'first' });
    await world.sql(`INSERT INTO ${world.name}.strays VALUES (9100, 'older', 1, '2025-12-24 12:00:00')`);
    const before = await dayRows(world, 'strays');
    const ddl: string[] = [];
    const source = watched(world, { before: (sql) => /EXCHANGE/.test(sql) && ddl.push(sql) });
    expect(await purge(world, 'strays', source)).toMatchObject({
      deleted: 61,
      native: expect.stringMatching(
        /in chunks: native partition p05 holds rows of other days too, one of 2025-12-24 12:00:00/,
      ),
    });
    source.close();
    expect(ddl).toEqual([]);
    expect((await tableRows(world, 'strays')).map((row) => row.id)).toEqual(['9001', '9100']);
    expect(await archivedRows(world, 'strays')).toEqual(before);
  });

  test('a stray that comes between the look and the exchange is found in the exchange table, and goes back (P54)', async () => {
    await fillNative(world, 'sudden', { layout: 'first' });
    const stray = `INSERT INTO ${world.name}.sudden VALUES (9100, 'older', 1, '2025-12-24 12:00:00')`;
    const source = watched(world, { before: once(/EXCHANGE/, () => world.sql(stray)) });
    expect(await purge(world, 'sudden', source)).toMatchObject({
      deleted: 61,
      native: expect.stringMatching(/62 in the exchange table, 61 in the archive/),
    });
    source.close();
    expect((await tableRows(world, 'sudden')).map((row) => row.id)).toEqual(['9001', '9100']);
    expect(await account(world, 'sudden')).toMatchObject({ twins: 0, sum: 63 });
    expect(await twinTables(world, 'sudden')).toEqual([]);
  });

  test('a metadata lock is waited for so long and no longer; queries behind it go on, and so does the day, in chunks (P54)', async () => {
    await fillNative(world, 'locked');
    const before = await dayRows(world, 'locked');
    const reader = await world.source.open('REPEATABLE READ');
    await reader.execute('START TRANSACTION');
    await reader.rows(`SELECT * FROM ${world.name}.locked LIMIT 1`);
    const behind = await world.source.open('READ COMMITTED');
    await behind.execute('SET SESSION lock_wait_timeout = 3600');
    let queued: Promise<unknown> | undefined;
    const source = watched(world, {
      before: once(/EXCHANGE/, async () => {
        queued = waitsForMetadata(world, '`locked`').then(() => behind.rows(`SELECT * FROM ${world.name}.locked`));
      }),
    });
    const slice = await purge(world, 'locked', source);
    // The reader's transaction is open still.
    expect(await queued).toHaveLength(62);
    expect(slice).toMatchObject({ deleted: 61, native: expect.stringMatching(/in chunks: Lock wait timeout/) });
    expect(await reader.rows(`SELECT * FROM ${world.name}.locked`)).toHaveLength(62);
    for (const session of [reader, behind]) session.close();
    source.close();
    expect(await archivedRows(world, 'locked')).toEqual(before);
    expect(await account(world, 'locked')).toMatchObject({ table: 1, twins: 0, deleted: 61 });
    expect(await twinTables(world, 'locked')).toEqual([]);
  });

  test('DDL commits what is open: no transaction is, and the intent stands before the exchange (P76)', async () => {
    await fillNative(world, 'ddl');
    const open: string[] = [];
    const intents: number[] = [];
    const source = watched(world, {
      before: async (sql) => {
        if (/^START TRANSACTION/.test(sql)) open.push(sql);
        if (/^(COMMIT|ROLLBACK)/.test(sql)) open.pop();
        if (/^(CREATE|ALTER|RENAME|DROP) TABLE/.test(sql)) expect(open).toEqual([]);
        if (/EXCHANGE/.test(sql)) intents.push((await world.sql(`SELECT * FROM ${world.ledger.name}.twins`)).length);
      },
    });
    expect(await purge(world, 'ddl', source)).toMatchObject({ deleted: 61 });
    source.close();
    expect(intents).toEqual([1]);
  });

  test('the way back leaves rows that came meanwhile where they are, and loses none of the others (P76)', async () => {
    await fillNative(world, 'meanwhile');
    const table = `${world.name}.meanwhile`;
    const late = once(/EXCHANGE/, () =>
      world.sql(`INSERT INTO ${table} VALUES (9200, 'before', 1, '${day} 20:00:00')`),
    );
    const later = once(/EXCHANGE/, () =>
      world.sql(`INSERT INTO ${table} VALUES (9201, 'after', 1, '${day} 21:00:00')`),
    );
    const source = watched(world, { before: late, after: later });
    const slice = await purge(world, 'meanwhile', source);
    source.close();
    expect(slice).toMatchObject({ native: expect.stringMatching(/^in chunks: rows changed between/), drifted: true });
    const back = await account(world, 'meanwhile');
    expect(back).toMatchObject({ twins: 0, sum: 64 });
    expect(await twinTables(world, 'meanwhile')).toEqual([]);
    await purgeToEnd(world, 'meanwhile');
    expect((await archivedRows(world, 'meanwhile')).map((row) => row.note)).toEqual(
      expect.arrayContaining(['before', 'after']),
    );
    expect(await archivedRows(world, 'meanwhile')).toHaveLength(63);
    expect(await account(world, 'meanwhile')).toMatchObject({ table: 1, deleted: 63 });
  });

  test('a row that comes between the exchange and the account stays, and makes a further pass', async () => {
    await fillNative(world, 'further');
    const row = `INSERT INTO ${world.name}.further VALUES (9300, 'late', 1, '${day} 21:00:00')`;
    const source = watched(world, { after: once(/EXCHANGE/, () => world.sql(row)) });
    expect(await purge(world, 'further', source)).toMatchObject({
      deleted: 61,
      native: 'exchanged p05',
      drifted: true,
    });
    source.close();
    await purgeToEnd(world, 'further');
    expect(await partition(world, 'further')).toMatchObject({ state: 'purged', pass: 2, rowsDeleted: 62 });
    expect(await archivedRows(world, 'further')).toHaveLength(62);
  });

  test('late rows after the user has dropped the empty native partition land in the next one, and are archived from there', async () => {
    await fillNative(world, 'gone');
    await purge(world, 'gone');
    await world.sql(`ALTER TABLE ${world.name}.gone DROP PARTITION p04, p05`);
    await insert(world, 'gone', 700, 725);
    const late = await dayRows(world, 'gone');
    expect(late).toHaveLength(25);
    expect(await purgeToEnd(world, 'gone')).toMatchObject([{ added: 25, parts: 1 }]);
    expect(await partition(world, 'gone')).toMatchObject({ state: 'purged', pass: 2, rowsDeleted: 86 });
    expect((await archivedRows(world, 'gone')).slice(60, 85)).toEqual(late);
    // The next day's is the first now: its strays send it to chunks.
    await archive(world, 'gone', world.source, '2026-01-06');
    await insert(world, 'gone', 800, 801);
    const ids = async () => (await tableRows(world, 'gone')).map((row) => row.id);
    expect(await ids()).toEqual(['800', '9001']);
    await purgeToEnd(world, 'gone');
    expect(await ids()).toEqual([]);
  });

  test('drift sends the day to the chunks, which heal it', async () => {
    await fillNative(world, 'drifted');
    await world.sql(`UPDATE ${world.name}.drifted SET note = 'changed' WHERE id = 40`);
    const before = await dayRows(world, 'drifted');
    expect(await purge(world, 'drifted')).toMatchObject({
      drifted: true,
      native: expect.stringMatching(/in chunks: native partition p05 isn't what was archived/),
    });
    await purgeToEnd(world, 'drifted');
    expect(await archivedRows(world, 'drifted')).toEqual(before);
    expect(await account(world, 'drifted')).toMatchObject({ table: 1, deleted: 61 });
  });

  test('a day that was healed before any of it was purged is exchanged', async () => {
    await fillNative(world, 'healed');
    await world.sql(`UPDATE ${world.name}.healed SET note = 'changed' WHERE id = 40`);
    const before = await dayRows(world, 'healed');
    await heal(world, 'healed');
    expect(await purge(world, 'healed')).toMatchObject({ deleted: 61, native: 'exchanged p05' });
    expect(await archivedRows(world, 'healed')).toEqual(before);
  });
});

test('the proof in place goes on in the next slice with what is not proved yet', async () => {
  const world = await makeWorld('mysql');
  await fillNative(world, 'long', { rows: 120_000, chunkRows: 20_000, partBytes: 8_000_000 });
  const ended = new AbortController();
  let proofs = 0;
  const source = new Source(world.config);
  source.open = async (isolation) => {
    const session = await world.source.open(isolation);
    const rows = session.rows.bind(session);
    session.rows = async <Row>(sql: string, values?: readonly unknown[]) => {
      const isProof = /BIT_XOR/.test(sql) && /PARTITION \(/.test(sql);
      const found = await rows<Row>(sql, values);
      if (isProof && ++proofs === 2) ended.abort(new Error('the worker is shut down'));
      return found;
    };
    return session;
  };
  const asked = { table: `${world.name}.long`, cutoff: '2026-06-01', forMillis: 60_000 };
  const first = await purgeSlice(source, asked, { heartbeat: () => undefined, signal: ended.signal });
  expect(first).toMatchObject({ deleted: 0, done: false, native: 'being proved in place, 57 % so far' });
  expect(await tableRows(world, 'long')).toHaveLength(120_002);
  const second = await purgeSlice(source, asked, world.attempt);
  expect(second).toMatchObject({ deleted: 120_001, native: 'exchanged p05' });
  // Of three statements the first slice had run two.
  expect(proofs).toBe(3);
  source.close();
  world.close();
});
