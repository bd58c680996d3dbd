import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { findPolicy } from '../../src/config/policy.ts';
import { Source } from '../../src/job/source.ts';
import type { Session } from '../../src/mysql/session/session.ts';
import { adoptManifests } from '../../src/partition/open/adoptManifests.ts';
import { accountOf, imbalances, runFresh, type SmallDay, writeDay, writeSeed } from '../support/crashedDay.ts';
import { eventually } from '../support/eventually.ts';
import { type Fate, type FateOf, Wire } from '../support/wire.ts';
import { makeWorld, type World } from '../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('a purge on %s', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  async function archived(table: string): Promise<SmallDay> {
    const smallDay = await writeDay(world, table);
    await runFresh(world, smallDay.job.slice(0, 3));
    return smallDay;
  }

  function slice(source: Source, { input }: SmallDay) {
    return purgeSlice(source, { table: input.table, cutoff: '2026-06-01', forMillis: 60_000 }, world.attempt);
  }

  /** One slice over a wire; what it threw. */
  async function sliceOver(smallDay: SmallDay, fateOf: FateOf): Promise<unknown> {
    const wire = await Wire.open(world.config, fateOf);
    const source = new Source(wire.config);
    const error = await slice(source, smallDay).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    source.close();
    await wire.close();
    return error;
  }

  /** Does something between the slice's first transaction and its second. */
  function betweenCalls(work: () => Promise<unknown>): FateOf {
    let calls = 0;
    return async (_, what): Promise<Fate> => {
      if (what.startsWith('sql CALL') && ++calls === 2) await work();
      return 'answered';
    };
  }

  /** Another session that holds a row of the first chunk. */
  async function holdRow({ table }: SmallDay, id = 100): Promise<Session> {
    const other = await world.source.open('READ COMMITTED');
    await other.execute('START TRANSACTION');
    await other.rows(`SELECT id FROM ${world.name}.${table} WHERE id = ${id} FOR UPDATE`);
    return other;
  }

  /** The connection whose statement over a table waits for a row that someone else holds. */
  function waiter(table: string): Promise<number> {
    return eventually(async () => {
      const waiting = await world.sql(
        "SELECT trx_mysql_thread_id AS id, trx_query AS query FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
      );
      const found = waiting.find(({ query }) => query?.includes(world.name) && query.includes(table));
      return found && Number(found.id);
    });
  }

  async function deletedNothing(smallDay: SmallDay): Promise<void> {
    const { left, deleted } = await accountOf(world, smallDay);
    expect({ left, deleted }).toEqual({ left: smallDay.written.length, deleted: 0 });
  }

  async function endsWell(smallDay: SmallDay): Promise<void> {
    await runFresh(world, smallDay.job.slice(3));
    expect(imbalances(await accountOf(world, smallDay), smallDay.written)).toEqual([]);
  }

  test('whose connection is killed before its COMMIT has deleted nothing, and a retry ends well (P16)', async () => {
    const smallDay = await archived('killed');
    const other = await holdRow(smallDay);
    const purging = slice(world.source, smallDay);
    purging.catch(() => undefined);
    await world.sql(`KILL CONNECTION ${await waiter('killed')}`);
    await expect(purging).rejects.toThrow(/onnection/);
    other.close();
    await deletedNothing(smallDay);
    await endsWell(smallDay);
  });

  test('whose connection breaks goes on in the server: the retry waits for it, and then knows what it did (P16, P62)', async () => {
    const smallDay = await archived('orphaned');
    const other = await holdRow(smallDay);
    const wire = await Wire.open(world.config);
    const source = new Source(wire.config);
    const purging = slice(source, smallDay);
    purging.catch(() => undefined);
    await waiter('orphaned');
    await wire.close();
    await expect(purging).rejects.toThrow();
    source.close();
    const retry = slice(world.source, smallDay);
    retry.catch(() => undefined);
    await waiter('partitions');
    await other.execute('COMMIT');
    other.close();
    // The first transaction took two chunks of 360 rows, and the retry doesn't take them again.
    expect(await retry).toMatchObject({ deleted: smallDay.written.length - 720 });
    await endsWell(smallDay);
  });

  test('that is the victim of a deadlock has deleted nothing, rests, and tries again (P11, P70)', async () => {
    const smallDay = await archived('deadlocked');
    const other = await holdRow(smallDay);
    // The server gives up the transaction that has changed less.
    await other.execute(`CREATE TABLE ${world.name}.heavy LIKE ${world.name}.seed`);
    await other.execute('START TRANSACTION');
    await other.rows(`SELECT id FROM ${world.name}.deadlocked WHERE id = 100 FOR UPDATE`);
    await other.execute(`INSERT INTO ${world.name}.heavy SELECT * FROM ${world.name}.seed`);
    const purging = slice(world.source, smallDay);
    await waiter('deadlocked');
    // The purge is the victim: its locks go, and the other transaction has its row.
    await other.rows(`SELECT id FROM ${world.name}.deadlocked WHERE id = 3 FOR UPDATE`);
    await deletedNothing(smallDay);
    await other.execute('ROLLBACK');
    other.close();
    await purging;
    await endsWell(smallDay);
  });

  test('that waited too long for a row leaves no transaction open, whatever is done on its connection after (P70)', async () => {
    const smallDay = await archived('waited');
    // A row of the second transaction, so that the first is in the account already.
    const other = await holdRow(smallDay, 1_000);
    const kept: Session[] = [];
    class Patient extends Source {
      override async open(isolation: Parameters<Source['open']>[0]): Promise<Session> {
        const session = await super.open(isolation);
        await session.execute('SET SESSION innodb_lock_wait_timeout = 1');
        kept.push(session);
        return Object.assign(session, { close: () => undefined });
      }
    }
    const source = new Patient(world.config);
    await expect(slice(source, smallDay)).rejects.toThrow(/Lock wait timeout/);
    source.close();
    const [session] = kept;
    await eventually(async () => {
      const [open] = await world.sql(
        'SELECT COUNT(*) AS number FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = ?',
        [session?.connection.threadId],
      );
      return Number(open?.number) === 0 || undefined;
    }, 'the end of the transaction');
    await session?.execute('COMMIT');
    for (const each of kept) each.connection.destroy();
    other.close();
    const { left, deleted } = await accountOf(world, smallDay);
    expect({ left, deleted }).toEqual({ left: smallDay.written.length - 720, deleted: 720 });
    await endsWell(smallDay);
  });

  test('whose right to delete is revoked in the middle says so, and goes on when it is back', async () => {
    const smallDay = await archived('revoked');
    const user = `'${world.name}'@'%'`;
    await world.sql(`CREATE USER ${user} IDENTIFIED BY 'secret'`);
    await world.sql(`GRANT SELECT ON ${world.name}.* TO ${user}`);
    await world.sql(`GRANT DELETE ON ${world.name}.revoked TO ${user}`);
    await world.sql(`GRANT ALL ON ${world.config.source.ledger}.* TO ${user}`);
    await world.sql(`GRANT TRIGGER ON ${world.name}.* TO ${user}`);
    await world.sql(`GRANT PROCESS ON *.* TO ${user}`);
    const root = { ...world.config.source };
    Object.assign(world.config.source, { user: world.name, password: 'secret' });
    try {
      const error = await sliceOver(
        smallDay,
        betweenCalls(() => world.sql(`REVOKE DELETE ON ${world.name}.revoked FROM ${user}`)),
      );
      expect(String(error)).toMatch(/command denied to user/);
      expect(await accountOf(world, smallDay)).toMatchObject({ left: smallDay.written.length - 720, deleted: 720 });
      await world.sql(`GRANT DELETE ON ${world.name}.revoked TO ${user}`);
      await endsWell(smallDay);
    } finally {
      Object.assign(world.config.source, root);
    }
  });

  test('whose first rows have all vanished since the export is found to have drifted, not retried for ever', async () => {
    const smallDay = await archived('vanished');
    await world.sql(`DELETE FROM ${world.name}.vanished WHERE id < 720`);
    expect(await slice(world.source, smallDay)).toMatchObject({ drifted: true, deleted: 0 });
  });

  async function procedure(table: string): Promise<string> {
    const [found] = await world.sql(
      `SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES
        WHERE ROUTINE_SCHEMA = ? AND ROUTINE_NAME LIKE 'purge%' AND ROUTINE_DEFINITION LIKE ?`,
      [world.config.source.ledger, `%\`${table}\`%`],
    );
    return `${world.config.source.ledger}.${found?.name}`;
  }

  test('whose procedure is dropped between two transactions fails, and a retry writes it again (P71)', async () => {
    const smallDay = await archived('dropped');
    const error = await sliceOver(
      smallDay,
      betweenCalls(async () => world.sql(`DROP PROCEDURE ${await procedure('dropped')}`)),
    );
    expect(String(error)).toMatch(/PROCEDURE .* does not exist/);
    await endsWell(smallDay);
  });

  test('whose procedure is another than Sediment wrote is stopped before it is called (P71)', async () => {
    const smallDay = await archived('replaced');
    await sliceOver(smallDay, (_, what) => (what.startsWith('sql CALL') ? 'dead' : 'answered'));
    const name = await procedure('replaced');
    const [shown] = await world.sql(`SHOW CREATE PROCEDURE ${name}`);
    const ours = String(shown?.['Create Procedure']);
    await world.sql(`DROP PROCEDURE ${name}`);
    // As an operator in a hurry might: a procedure without the proof.
    await world.sql(
      ours
        .replace(/CREATE .*?PROCEDURE `/, `CREATE PROCEDURE ${world.config.source.ledger}.\``)
        .replace('v_rows <> p_rows', 'FALSE'),
    );
    await expect(slice(world.source, smallDay)).rejects.toThrow(/isn't the one that Sediment wrote.*DROP PROCEDURE/);
    await deletedNothing(smallDay);
    await world.sql(`DROP PROCEDURE ${name}`);
    await endsWell(smallDay);
  });

  test('whose table gets a column between two transactions deletes nothing that lacks it (P66)', async () => {
    const smallDay = await archived('widened');
    const alter = () => world.sql(`ALTER TABLE ${world.name}.widened ADD COLUMN extra INT NOT NULL DEFAULT 7`);
    expect(await sliceOver(smallDay, betweenCalls(alter))).toBe(undefined);
    expect(await accountOf(world, smallDay)).toMatchObject({ left: smallDay.written.length - 720, deleted: 720 });
    await runFresh(world, smallDay.job.slice(3));
    const { left, deleted, state, stopped, named } = await accountOf(world, smallDay);
    expect([left, deleted, state, stopped]).toEqual([0, smallDay.written.length, 'purged', null]);
    expect(named.lines.filter((line) => line.endsWith(',7'))).toHaveLength(smallDay.written.length - 720);
  });

  /** The ledger's row of a day after its first transaction, changed by hand. */
  async function edited(table: string, assignment: string): Promise<SmallDay> {
    const smallDay = await archived(table);
    await sliceOver(
      smallDay,
      betweenCalls(() => Promise.reject(new Error('stop here'))),
    ).catch(() => undefined);
    await world.sql(`UPDATE ${world.config.source.ledger}.partitions SET ${assignment} WHERE table_name = ?`, [table]);
    return smallDay;
  }

  test.each([
    ['no_cursor', `cursor_json = '["2026-01-05 12:00:00.000000","7"]'`, /the ledger's cursor/],
    ['version', `manifest_version = 'x', salt = REPEAT('0', 32)`, /another partition|other objects/],
  ])(
    'whose ledger row was edited by hand (%s) is stopped with its reason, and nothing more is deleted (P9, P10)',
    async (table, assignment, reason) => {
      const smallDay = await edited(table, assignment);
      await expect(slice(world.source, smallDay)).rejects.toThrow(reason);
      const [row] = await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.${table}`);
      expect(Number(row?.number)).toBe(smallDay.written.length - 720);
    },
  );

  test('whose day was set back to exporting by hand stops, and goes on where it was once that is accepted (P10, P63)', async () => {
    const smallDay = await edited('set_back', `state = 'exporting'`);
    await expect(runFresh(world, smallDay.job)).rejects.toThrow(/says that a purge has begun on it.*is exporting/);
    await adoptManifests(world.source, world.ledger, findPolicy(world.config, smallDay.input.table));
    await runFresh(world, smallDay.job);
    expect(imbalances(await accountOf(world, smallDay), smallDay.written)).toEqual([]);
  });
});
