import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isStop } from '../../src/job/stops.ts';
import { stackFolder } from '../../stack/fetch.ts';
import { startMariadb } from '../../stack/mariadb.ts';
import { type SqlServer, startMysql } from '../../stack/mysql.ts';
import type { Server } from '../../stack/process.ts';
import { archive, archivedRows, day, fill, partition, purge, purgeToEnd } from '../support/archived.ts';
import { makeWorld, type World } from '../support/world.ts';

/**
 * No file of the server may grow beyond this: more than each has by then, and less than what the undo of the rows takes.
 * To the server it is a full disk, with EFBIG in the place of ENOSPC, and it takes neither a mount nor root.
 */
const fullAt = 30 << 20;
const rows = 10_000;

describe.each(['mysql', 'mariadb'] as const)('a disk that is full on %s', (flavor) => {
  const folder = join(stackFolder, `full-${process.pid}-${flavor}`);
  const running: Server[] = [];
  let server: SqlServer;
  let world: World;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    const start = flavor === 'mysql' ? startMysql : startMariadb;
    // Else the kernel ends a process that writes beyond its limit; logs are none, or kept below it.
    const launcher = ['env', '--ignore-signal=XFSZ'];
    // By its usual step of 64 MB the file with MariaDB's undo log may be beyond the limit before that is set.
    const ofMariadb = ['--innodb-log-file-size=8M', '--innodb-autoextend-increment=1'];
    const flags = ['--skip-log-bin', ...(flavor === 'mariadb' ? ofMariadb : [])];
    server = await start(folder, (started) => running.push(started), { launcher, flags });
    world = await makeWorld(flavor, { port: server.port });
  });
  afterAll(async () => {
    world?.close();
    await Promise.all(running.map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  function limitFiles(bytes: number | 'unlimited'): void {
    execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:`]);
  }

  /** Rows whose undo is large, for all of an indexed column goes into it; in eight files, each below the limit. */
  async function fillWide(table: string): Promise<void> {
    await fill(world, table, 0, { chunkRows: 500, partBytes: 100_000 });
    await world.sql(
      `ALTER TABLE ${world.name}.${table} ADD wide VARBINARY(3000), ADD KEY (wide), DROP PRIMARY KEY, ADD PRIMARY KEY (id) PARTITION BY HASH (id) PARTITIONS 8`,
    );
    for (let from = 0; from < rows; from += 500) {
      const tuples = Array.from({ length: 500 }, (_, n) => {
        const id = from + n;
        return `(${id}, 'n', 1, TIMESTAMP('${day}') + INTERVAL ${id} SECOND, RPAD('${id}_', 3000, 'x'))`;
      });
      await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${tuples.join(',')}`);
    }
  }

  async function rowsLeft(table: string): Promise<number> {
    const [row] = await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.${table}`);
    return Number(row?.number);
  }

  test('is named by the purge’s error and no stop; what was deleted is counted, nothing else is, and it goes on once there is room', async () => {
    await fillWide('wide');
    await archive(world, 'wide');
    // As a long report would: what the purge leaves in the undo log can't be taken away.
    const report = await world.source.open('REPEATABLE READ');
    await report.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    limitFiles(fullAt);
    try {
      const error = await purge(world, 'wide').catch((thrown: unknown) => thrown);
      // MariaDB has two words for it: 1114, or 14, where its own log says that the table is full.
      const said = flavor === 'mysql' ? /check if filesystem is full/ : /is full|Can't change size of file/;
      expect(error).toMatchObject({ errno: expect.any(Number), message: expect.stringMatching(said) });
      expect(isStop(error)).toBe(false);
      const found = await partition(world, 'wide');
      expect(found).toMatchObject({ state: 'purging', stopped: null });
      expect(Number(found?.rowsDeleted) + (await rowsLeft('wide'))).toBe(rows);
    } finally {
      limitFiles('unlimited');
      await report.execute('ROLLBACK');
      report.close();
    }
    expect(await purgeToEnd(world, 'wide')).toEqual([]);
    expect(await partition(world, 'wide')).toMatchObject({ state: 'purged', rowsDeleted: rows, rowsArchived: rows });
    expect(await rowsLeft('wide')).toBe(0);
    const archived = await archivedRows(world, 'wide');
    expect(archived.map((row) => Number(row.id))).toEqual(Array.from({ length: rows }, (_, id) => id));
  });
});
