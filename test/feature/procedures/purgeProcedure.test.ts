import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { openTable } from '../../../src/checks/openTable.ts';
import { defaultThrottle } from '../../../src/config/throttle.ts';
import { Source } from '../../../src/job/source.ts';
import { digestQuery } from '../../../src/mysql/expressions.ts';
import { Session } from '../../../src/mysql/session/session.ts';
import { type PurgeOutcome, type PurgeRun, purgeProcedure } from '../../../src/procedures/purgeProcedure.ts';
import { ensureProcedure } from '../../../src/procedures/storedProcedure.ts';
import { openChunks } from '../../support/chunkPurge.ts';
import { archiveDay, countRows, purgeAll } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';

describe.each(['mysql', 'mariadb'] as const)('the purge procedure on %s', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  async function fill(table: string, apart = 1) {
    await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    const tuples = Array.from({ length: 30 }, (_, index) => `(${index * apart}, '${day} 10:00:00')`);
    await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${tuples.join(', ')}`);
    world.add({ table, timeColumn: 't', chunkRows: 10, throttle: { ...defaultThrottle, lockWaitSeconds: 0.05 } });
    return { database: world.name, table };
  }

  test('leaves no transaction open after a lock-wait timeout, so that no later COMMIT keeps half of it (P70)', async () => {
    const name = await fill('locked');
    await archiveDay(world, name, day);
    const blocker = await Session.open(world.config.source, 'READ COMMITTED');
    await blocker.execute('START TRANSACTION');
    await blocker.rows(`SELECT * FROM ${world.name}.locked WHERE id = 25 FOR UPDATE`);
    const source = new Source(world.config);
    const open = source.open.bind(source);
    const kept: { close(): void; session: Session }[] = [];
    source.open = async (isolation) => {
      const session = await open(isolation);
      await session.execute('SET SESSION innodb_lock_wait_timeout = 1');
      kept.push({ session, close: session.close.bind(session) });
      // Kept open, for a dead connection's transaction is rolled back by the server itself.
      session.close = () => undefined;
      return session;
    };
    const input = { table: `${world.name}.locked`, cutoff: '2026-06-01', forMillis: 60_000 };
    await expect(purgeSlice(source, input, world.attempt)).rejects.toMatchObject({ errno: 1205 });
    const ledger = `${world.config.source.ledger}.partitions`;
    const free = await world.sql(`SELECT state FROM ${ledger} WHERE table_name = 'locked' FOR UPDATE NOWAIT`);
    expect(free).toEqual([{ state: 'purging' }]);
    const before = await countRows(world, name);
    for (const { session } of kept) await session.execute('COMMIT');
    expect(await countRows(world, name)).toBe(before);
    await blocker.execute('ROLLBACK');
    blocker.close();
    for (const { close } of kept) close();
    source.close();
    expect(before + Number((await world.ledger.days(world.name, 'locked'))[0]?.rowsDeleted)).toBe(30);
    await purgeAll(world, name);
    expect(await countRows(world, name)).toBe(0);
  });

  test('of a changed table is another procedure, and the old one is never dropped under a CALL (P71)', async () => {
    const name = await fill('changing');
    const procedureOf = async () => {
      const { schema } = await openTable(world.session, { ...name, timeColumn: 't' });
      return purgeProcedure(world.session, world.ledger.name, schema);
    };
    const old = await procedureOf();
    for (const _ of ['once', 'twice']) await ensureProcedure(world.session, old);
    await world.sql(`ALTER TABLE ${world.name}.changing ADD COLUMN extra INT`);
    const fresh = await procedureOf();
    expect(fresh.name).not.toBe(old.name);
    await ensureProcedure(world.session, fresh);
    const stored = await world.sql(
      'SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?',
      [world.ledger.name],
    );
    const names = stored.map((row) => `\`${world.ledger.name}\`.\`${row.name}\``);
    expect(names).toEqual(expect.arrayContaining([old.name, fresh.name]));
  });

  test.each([
    { keys: 'close together', apart: 2, byKey: true },
    { keys: 'far apart', apart: 1_000, byKey: false },
  ])('meets rows whose keys lie $keys by the right index', async ({ apart, byKey }) => {
    const table = `apart_${apart}`;
    const name = await fill(table, apart);
    // Between the day's keys, and of another day.
    await world.sql(`INSERT INTO ${world.name}.${table} VALUES (11, '2026-01-07 10:00:00')`);
    await archiveDay(world, name, day);
    const fetches = async () => {
      const [row] = await world.sql(
        `SELECT COUNT_FETCH AS n FROM performance_schema.table_io_waits_summary_by_index_usage
         WHERE OBJECT_SCHEMA = ? AND OBJECT_NAME = ? AND INDEX_NAME = 'PRIMARY'`,
        [world.name, table],
      );
      return Number(row?.n);
    };
    const before = await fetches();
    await purgeAll(world, name);
    // MariaDB comes with its performance schema switched off.
    if (flavor === 'mysql') expect((await fetches()) > before).toBe(byKey);
    expect(await world.sql(`SELECT id FROM ${world.name}.${table}`)).toEqual([{ id: 11 }]);
  });

  test('a row that comes beyond the keys that were looked up is neither proved nor deleted, and found at the end (P1)', async () => {
    const name = await fill('latecomer');
    await archiveDay(world, name, day);
    const blocker = await Session.open(world.config.source, 'READ COMMITTED');
    await blocker.execute('START TRANSACTION');
    await blocker.rows(`SELECT * FROM ${world.name}.latecomer WHERE id = 15 FOR UPDATE`);
    const input = { table: `${world.name}.latecomer`, cutoff: '2026-06-01', forMillis: 60_000 };
    const slice = purgeSlice(world.source, input, world.attempt);
    slice.catch(() => undefined);
    // InnoDB shows a stale list to whoever looks more often than every 100 ms.
    await expect
      .poll(
        () =>
          world.sql("SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE ?", [
            `%latecomer%`,
          ]),
        {
          interval: 150,
          timeout: 4_000,
        },
      )
      .toHaveLength(1);
    await blocker.execute(`INSERT INTO ${world.name}.latecomer VALUES (5000, '${day} 10:00:00')`);
    await blocker.execute('COMMIT');
    blocker.close();
    expect(await slice).toMatchObject({ done: false, drifted: true });
    const left = await world.sql(`SELECT id FROM ${world.name}.latecomer`);
    expect(left).toContainEqual({ id: 5000 });
    const deleted = Number((await world.ledger.days(world.name, 'latecomer'))[0]?.rowsDeleted);
    expect(left.length + deleted).toBe(31);
  });

  if (flavor === 'mysql')
    test('locks the rows whose digest it reads, in that one scan (P1)', async () => {
      await fill('scanned');
      const { columns } = (await openTable(world.session, { database: world.name, table: 'scanned', timeColumn: 't' }))
        .schema;
      const other = await Session.open(world.config.source, 'READ COMMITTED');
      await other.execute('START TRANSACTION');
      await other.rows(
        digestQuery({ columns, salt: "'s'", from: `${world.name}.scanned`, where: 'id < 10', locking: true }, flavor),
      );
      const free = await world.sql(`SELECT id FROM ${world.name}.scanned FOR UPDATE SKIP LOCKED`);
      other.close();
      expect(free).toHaveLength(20);
    });

  const zeros = '0'.repeat(64);
  const otherwise: [string, PurgeOutcome, (run: PurgeRun) => Partial<PurgeRun>][] = [
    ['an epoch that was overtaken (P57, P62)', 'fenced', ({ epoch }) => ({ epoch: epoch - 1 })],
    ['a cursor that the ledger is not at (P9, P57)', 'fenced', ({ to = [] }) => ({ cursor: to })],
    ['a manifest that was replaced', 'fenced', () => ({ manifestVersion: 'before' })],
    ['one row more than is there (P1)', 'drift', ({ digest }) => ({ digest: { ...digest, rows: digest.rows + 1 } })],
    ['another digest (P3)', 'drift', ({ digest }) => ({ digest: { ...digest, xor: zeros } })],
    ['another salt (P68)', 'drift', () => ({ salt: '0'.repeat(32) })],
    ['other columns (P66)', 'schema', () => ({ fingerprint: zeros })],
    ['a fuse of one row less', 'fuse', ({ digest }) => ({ fuseRows: digest.rows - 1, chunks: 2 })],
  ];

  test.each(otherwise)('called with %s deletes nothing, though all else is right', async (what, outcome, change) => {
    const name = await fill(`guard${otherwise.findIndex(([each]) => each === what)}`);
    await archiveDay(world, name, day);
    const { runs, call } = await openChunks(world, name, day);
    const [run] = runs;
    if (!run) throw new Error('the day has no chunk');
    expect(await call({ ...run, ...change(run) })).toMatchObject({ outcome });
    expect(await countRows(world, name)).toBe(30);
    expect(await world.ledger.days(world.name, name.table)).toMatchObject([{ cursor: null, rowsDeleted: 0 }]);
    expect(await call(run)).toEqual({ outcome: 'deleted', detail: '10' });
    // And once only (P57).
    expect(await call(run)).toMatchObject({ outcome: 'fenced' });
    expect(await countRows(world, name)).toBe(20);
  });

  test.each([
    [
      'held by a person (P80)',
      'held',
      `INSERT INTO {{ledger}}.holds (scope, owner, reason) VALUES ('{{table}}', 'dba', 'now')`,
    ],
    [
      'no longer being purged',
      'fenced',
      `UPDATE {{ledger}}.partitions SET state = 'archived' WHERE table_name = '{{name}}'`,
    ],
  ])('of a day that is %s deletes nothing', async (_, outcome, statement) => {
    const name = await fill(`stands_${outcome}`);
    await archiveDay(world, name, day);
    const { runs, call } = await openChunks(world, name, day);
    const [run] = runs;
    if (!run) throw new Error('the day has no chunk');
    await world.sql(
      statement
        .replace('{{ledger}}', world.ledger.name)
        .replace('{{table}}', `${world.name}.${name.table}`)
        .replace('{{name}}', name.table),
    );
    expect(await call(run)).toMatchObject({ outcome });
    expect(await countRows(world, name)).toBe(30);
  });

  test.each([
    ['time_zone', "'+02:00'"],
    ['foreign_key_checks', '0'],
    ['sql_log_bin', '0'],
    ['sql_safe_updates', '1'],
    ['completion_type', "'CHAIN'"],
    ['group_concat_max_len', '1024'],
    ...(flavor === 'mariadb' ? [['system_versioning_asof', "'2020-01-01 00:00:00'"]] : []),
  ])('refuses a session with another %s', async (variable, value) => {
    const name = await fill(`unpinned_${variable}`);
    await archiveDay(world, name, day);
    const source = new Source(world.config);
    const open = source.open.bind(source);
    source.open = async (isolation) => {
      const session = await open(isolation);
      // After the slice's own looks: a session like that may be anyone's who calls the procedure.
      const rows = session.rows.bind(session);
      session.rows = async (sql, values) => {
        if (sql.startsWith('CALL')) await session.execute(`SET SESSION ${variable} = ${value}`);
        return rows(sql, values);
      };
      return session;
    };
    const input = { table: `${world.name}.${name.table}`, cutoff: '2026-06-01', forMillis: 60_000 };
    await expect(purgeSlice(source, input, world.attempt)).rejects.toThrow(
      `session is not the pinned one: ${variable}`,
    );
    source.close();
    expect(await countRows(world, name)).toBe(30);
  });
});
