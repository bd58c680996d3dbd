import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { Source } from '../../../src/job/source.ts';
import { parseDay } from '../../../src/model/day.ts';
import { type Flavor, Session } from '../../../src/mysql/session/session.ts';
import { stackFolder } from '../../../stack/fetch.ts';
import { startMariadb } from '../../../stack/mariadb.ts';
import { type SqlServer, startMysql } from '../../../stack/mysql.ts';
import type { Server } from '../../../stack/process.ts';
import { archive, archivedRows, day, fill, purgeToEnd, tableRows } from '../../support/archived.ts';
import { eventually } from '../../support/eventually.ts';
import { makeWorld, type World } from '../../support/world.ts';

const flavors: Flavor[] = ['mysql', 'mariadb'];
const fromReplica = { export: { from: 'replica' as const } };

/** Statements of either product. */
const words = {
  mysql: {
    follow: (port: number) =>
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${port}, SOURCE_USER = 'root', ` +
      `SOURCE_PASSWORD = '', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
    lenient: "SET GLOBAL replica_exec_mode = 'IDEMPOTENT'",
    start: 'START REPLICA',
    stop: 'STOP REPLICA SQL_THREAD',
    leave: ['STOP REPLICA', 'RESET REPLICA ALL'],
  },
  // A connection with a name, as each but one has under replication from several sources.
  mariadb: {
    follow: (port: number) =>
      `CHANGE MASTER 'bank' TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${port}, MASTER_USER = 'root', ` +
      `MASTER_PASSWORD = '', MASTER_USE_GTID = slave_pos`,
    lenient: "SET GLOBAL slave_exec_mode = 'IDEMPOTENT'",
    start: "START SLAVE 'bank'",
    stop: "STOP SLAVE 'bank' SQL_THREAD",
    leave: ["STOP SLAVE 'bank'", "RESET SLAVE 'bank' ALL"],
  },
};

class Impatient extends Source {
  override readonly replicaPatienceSeconds: number = 1;
}

describe.each(flavors)('an export from a replica of %s', (flavor) => {
  const folder = join(stackFolder, `export-replica-${flavor}-${process.pid}`);
  const servers: Server[] = [];
  const sql = words[flavor];
  let source: SqlServer;
  let replica: SqlServer;
  let onReplica: Session;
  let world: World;

  beforeAll(async () => {
    const start = (name: string, serverId: number) => {
      mkdirSync(join(folder, name), { recursive: true });
      const begin = flavor === 'mysql' ? startMysql : startMariadb;
      return begin(join(folder, name), (server) => servers.push(server), { serverId });
    };
    [source, replica] = await Promise.all([start('source', 1), start('replica', 2)]);
    const { host, port, user, password } = replica;
    onReplica = await Session.open({ host, port, user, password, tls: false }, 'READ COMMITTED');
    await onReplica.execute(sql.follow(source.port));
    // Else it stops at the delete of a row that a test has taken from it.
    await onReplica.execute(sql.lenient);
    await onReplica.execute(sql.start);
    await onReplica.execute('SET GLOBAL read_only = 1');
    world = await makeWorld(flavor, { port: source.port });
    world.config.source.exportReplica = { name: 'db-2', host, port, user, password, tls: false };
  });
  afterAll(async () => {
    world?.close();
    onReplica?.close();
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  /** An export by a worker that waits a second for the replica; what it threw, and what it said meanwhile. */
  async function exportOnce(table: string, waiting: () => Promise<unknown> = async () => undefined) {
    const own = new Impatient(world.config);
    const told: string[] = [];
    const heartbeat = ({ held }: Record<string, string | number>) => {
      if (held === undefined) return;
      told.push(String(held));
      void waiting();
    };
    const input = { table: `${world.name}.${table}`, day };
    const threw = await exportPartition(own, input, { ...world.attempt, heartbeat }).catch((error) => error);
    own.close();
    return { threw, told };
  }

  test('reads the replica, and a row that differs there is healed by the source’s before it is deleted', async () => {
    await fill(world, 'read', 60, fromReplica);
    const rows = await tableRows(world, 'read');
    await archiveElsewhere('read', `UPDATE ${world.name}.read SET note = 'another' WHERE id = 7`);
    expect((await archivedRows(world, 'read'))[7]).toMatchObject({ id: '7', note: 'another' });
    const heals = await purgeToEnd(world, 'read');
    expect(heals).toHaveLength(1);
    expect(await archivedRows(world, 'read')).toEqual(rows);
    expect(await tableRows(world, 'read')).toEqual([]);
  });

  test('never deletes a row that the replica lacks before it is archived', async () => {
    await fill(world, 'lacking', 60, fromReplica);
    const rows = await tableRows(world, 'lacking');
    await archiveElsewhere('lacking', `DELETE FROM ${world.name}.lacking WHERE id IN (3, 31)`);
    expect(await archivedRows(world, 'lacking')).toHaveLength(58);
    await purgeToEnd(world, 'lacking');
    expect(await archivedRows(world, 'lacking')).toEqual(rows);
  });

  /** Archives the table after a change that the replica alone has. */
  async function archiveElsewhere(table: string, change: string): Promise<void> {
    await exportOfNothing(table);
    await onReplica.execute('SET SESSION sql_log_bin = 0');
    await onReplica.execute(change);
    await onReplica.execute('SET SESSION sql_log_bin = 1');
    await archive(world, table);
  }

  /** An export of an earlier, empty day: after it the replica has all of the table. */
  async function exportOfNothing(table: string): Promise<void> {
    await exportPartition(world.source, { table: `${world.name}.${table}`, day: '2026-01-04' }, world.attempt);
  }

  test('waits until the replica has what the source had committed', async () => {
    await fill(world, 'waiting', 30, fromReplica);
    await exportOfNothing('waiting');
    await onReplica.execute(sql.stop);
    await world.sql(`UPDATE ${world.name}.waiting SET note = 'late' WHERE id = 29`);
    let started: Promise<unknown> | undefined;
    const { threw, told } = await exportOnce('waiting', async () => {
      started ??= onReplica.execute(sql.start);
      await started;
    });
    expect(threw).toMatchObject({ rows: 30 });
    expect(told[0]).toBe('waits for replica db-2 to apply what the source has committed');
  });

  test('is refused by a replica that stays behind, and goes on once it has caught up', async () => {
    await fill(world, 'behind', 30, fromReplica);
    await exportOfNothing('behind');
    await onReplica.execute(sql.stop);
    await world.sql(`UPDATE ${world.name}.behind SET note = 'late' WHERE id = 29`);
    const { threw } = await exportOnce('behind');
    expect(threw).toMatchObject({
      name: 'ReplicaBehind',
      message: expect.stringContaining('to be read from replica db-2, which is behind'),
    });
    expect(
      await world.ledger.readPartition({ database: world.name, table: 'behind', day: parseDay(day) }),
    ).toBeUndefined();
    await onReplica.execute(sql.start);
    await archive(world, 'behind');
    expect((await archivedRows(world, 'behind'))[29]).toMatchObject({ note: 'late' });
  });

  test('is refused by a replica that takes writes, before anything is touched', async () => {
    await fill(world, 'writable', 30, fromReplica);
    await onReplica.execute('SET GLOBAL read_only = 0');
    const { threw } = await exportOnce('writable');
    await onReplica.execute('SET GLOBAL read_only = 1');
    expect(threw).toMatchObject({
      name: 'Stopped',
      message: expect.stringContaining('it takes writes (read_only = 0)'),
    });
    expect(await world.ledger.readTable(world.name, 'writable')).toBeUndefined();
  });

  test('is refused where the replica has other columns', async () => {
    await fill(world, 'columns', 30, fromReplica);
    await exportOfNothing('columns');
    await onReplica.execute('SET SESSION sql_log_bin = 0');
    await onReplica.execute(`ALTER TABLE ${world.name}.columns ADD COLUMN more INT`);
    await onReplica.execute('SET SESSION sql_log_bin = 1');
    expect((await exportOnce('columns')).threw.message).toContain(
      'its columns, or the index by time, aren’t the source’s',
    );
  });

  test('a source that is itself a replica is refused, with whom it follows, unless that is meant', async () => {
    await fill(world, 'followed', 30);
    await exportOfNothing('followed');
    const { port } = world.config.source;
    const config = { ...world.config, source: { ...world.config.source, port: replica.port } };
    const input = { table: `${world.name}.followed`, day };
    const tried = async () => {
      const there = new Source(config);
      const said = await exportPartition(there, input, world.attempt).catch((error: unknown) => String(error));
      there.close();
      return said;
    };
    await eventually(async () => /is a replica/.test(String(await tried())) || undefined, 'the replica’s own table');
    expect(await tried()).toMatch(
      new RegExp(
        `server at .+:${replica.port} is a replica: it replicates from 127.0.0.1:${port}, and rows.+source.url`,
      ),
    );
    config.source.allowReplica = true;
    expect(await tried()).not.toMatch(/is a replica/);
  });

  test('is refused by the source itself and by a server that replicates from nobody', async () => {
    await fill(world, 'strangers', 30, fromReplica);
    const { exportReplica } = world.config.source;
    if (!exportReplica) throw new Error('no replica is named');
    world.config.source.exportReplica = { ...exportReplica, port: source.port };
    const itself = await exportOnce('strangers');
    world.config.source.exportReplica = exportReplica;
    for (const statement of sql.leave) await onReplica.execute(statement);
    const nobody = await exportOnce('strangers');
    await onReplica.execute(sql.follow(source.port));
    await onReplica.execute(sql.start);
    expect(itself.threw.message).toContain('it is the source itself');
    expect(nobody.threw.message).toContain('it replicates from nobody');
  });

  test.runIf(flavor === 'mysql')('goes by the position in the binary log where not all has a GTID', async () => {
    await fill(world, 'positions', 30, fromReplica);
    await exportOfNothing('positions');
    await onReplica.execute('STOP REPLICA');
    await onReplica.execute('CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 0');
    await world.sql('SET GLOBAL gtid_mode = ON_PERMISSIVE');
    await onReplica.execute('START REPLICA IO_THREAD');
    await world.sql(`UPDATE ${world.name}.positions SET note = 'late' WHERE id = 29`);
    const stopped = await exportOnce('positions');
    await onReplica.execute('START REPLICA');
    await archive(world, 'positions');
    await world.sql('SET GLOBAL gtid_mode = ON');
    expect(stopped.threw).toMatchObject({ name: 'ReplicaBehind', message: expect.stringContaining('its SQL thread') });
    expect((await archivedRows(world, 'positions'))[29]).toMatchObject({ note: 'late' });
  });
});
