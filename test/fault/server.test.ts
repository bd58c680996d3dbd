import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTable } from '../../src/checks/openTable.ts';
import { findPolicy } from '../../src/config/policy.ts';
import { isStop } from '../../src/job/stops.ts';
import { purgeProcedure } from '../../src/procedures/purgeProcedure.ts';
import { ensureProcedure } from '../../src/procedures/storedProcedure.ts';
import { stackFolder } from '../../stack/fetch.ts';
import { type SqlServer, startMysql } from '../../stack/mysql.ts';
import type { Server } from '../../stack/process.ts';
import { accountOf, imbalances, runFresh, type SmallDay, writeDay, writeSeed } from '../support/crashedDay.ts';
import { eventually } from '../support/eventually.ts';
import { slice } from '../support/slice.ts';
import { makeWorld, type World } from '../support/world.ts';

const folder = join(stackFolder, `killed-${process.pid}`);
/** A server of its own: no other test's may die, or stop to write. */
let server: SqlServer;
let world: World;
const running: Server[] = [];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  server = await startMysql(folder, (started) => running.push(started));
  world = await makeWorld('mysql', { port: server.port });
  await writeSeed(world);
});
afterAll(async () => {
  world?.close();
  await Promise.all(running.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function archived(table: string): Promise<SmallDay> {
  const smallDay = await writeDay(world, table);
  await runFresh(world, smallDay.job.slice(0, 3));
  return smallDay;
}

/** Ends the server by a signal, and starts it again on the same data and the same port. */
async function restart(signal: 'SIGKILL' | 'SIGTERM', flags: readonly string[] = []): Promise<void> {
  const dead = running.pop();
  process.kill(server.pid, signal);
  await dead?.exit();
  server = await startMysql(folder, (started) => running.push(started), { port: server.port, flags });
  await world.reconnect();
}

test('a server that is killed in the middle of a transaction has deleted what the ledger counts, and the purge goes on', async () => {
  const smallDay = await archived('killed');
  const other = await world.source.open('READ COMMITTED');
  await other.execute('START TRANSACTION');
  // A row of the second transaction: it has begun, and waits.
  await other.rows(`SELECT id FROM ${world.name}.killed WHERE id = 1000 FOR UPDATE`);
  const ended = slice(world, smallDay);
  await eventually(async () => {
    const [waiting] = await world.sql(
      "SELECT COUNT(*) AS number FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
    );
    return Number(waiting?.number) > 0 || undefined;
  }, 'the second transaction');
  await restart('SIGKILL');
  other.close();
  expect(String(await ended)).toMatch(/onnection/);
  expect(await accountOf(world, smallDay)).toMatchObject({ left: smallDay.written.length - 720, deleted: 720 });
  await runFresh(world, smallDay.job.slice(3));
  expect(imbalances(await accountOf(world, smallDay), smallDay.written)).toEqual([]);
});

test('a writer that becomes a reader in the middle is named, deletes nothing more, and the purge goes on when it writes again (P51)', async () => {
  const smallDay = await archived('demoted');
  const user = `'${world.name}'@'%'`;
  await world.sql(`CREATE USER ${user} IDENTIFIED BY 'secret'`);
  await world.sql(`GRANT ALL ON ${world.name}.* TO ${user}`);
  await world.sql(`GRANT ALL ON ${world.config.source.ledger}.* TO ${user}`);
  // No SUPER: read_only doesn't hold its owners.
  await world.sql(`GRANT PROCESS ON *.* TO ${user}`);
  const root = { ...world.config.source };
  Object.assign(world.config.source, { user: world.name, password: 'secret' });
  try {
    const error = await slice(world, smallDay, () => world.sql('SET GLOBAL read_only = ON'));
    expect(error).toMatchObject({ errno: 1290, message: expect.stringContaining('--read-only') });
    expect(isStop(error)).toBe(false);
    // An attempt that begins on the reader gets no further.
    expect(await slice(world, smallDay)).toMatchObject({ errno: 1290 });
    expect(await accountOf(world, smallDay)).toMatchObject({ left: smallDay.written.length - 720, deleted: 720 });
    await world.sql('SET GLOBAL read_only = OFF');
    await runFresh(world, smallDay.job.slice(3));
    expect(imbalances(await accountOf(world, smallDay), smallDay.written)).toEqual([]);
  } finally {
    await world.sql('SET GLOBAL read_only = OFF');
    Object.assign(world.config.source, root);
  }
});

test('a server whose owner too may not write (super_read_only) is named, deletes nothing more, and the purge goes on when it writes again (P51)', async () => {
  const smallDay = await archived('frozen');
  try {
    const error = await slice(world, smallDay, () => world.sql('SET GLOBAL super_read_only = ON'));
    expect(error).toMatchObject({ errno: 1290, message: expect.stringContaining('--super-read-only') });
    expect(isStop(error)).toBe(false);
    expect(await accountOf(world, smallDay)).toMatchObject({ left: smallDay.written.length - 720, deleted: 720 });
  } finally {
    await world.sql('SET GLOBAL read_only = OFF');
  }
  await runFresh(world, smallDay.job.slice(3));
  expect(imbalances(await accountOf(world, smallDay), smallDay.written)).toEqual([]);
});

test('a server that comes back read-only (1836) deletes nothing more, and the purge goes on once it writes again (P51)', async () => {
  const smallDay = await archived('reader');
  await slice(world, smallDay, () => Promise.reject(new Error('the slice ends here')));
  const { schema } = await openTable(world.session, findPolicy(world.config, smallDay.input.table));
  const procedure = purgeProcedure(world.session, world.config.source.ledger, schema);
  // One that stands would be greeted as such; a missing one is what 1836 is answered to.
  await world.sql(`DROP PROCEDURE ${procedure.name}`);
  await restart('SIGTERM', ['--innodb-read-only=1']);
  // There a table answers 1015, the missing procedure 1836.
  const error = await slice(world, smallDay);
  expect(error).toMatchObject({ message: expect.stringMatching(/read only/) });
  const refused = await ensureProcedure(world.session, procedure).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ errno: 1836 });
  expect([isStop(error), isStop(refused)]).toEqual([false, false]);
  expect(await accountOf(world, smallDay)).toMatchObject({ left: smallDay.written.length - 720, deleted: 720 });
  await restart('SIGTERM');
  await runFresh(world, smallDay.job.slice(3));
  expect(imbalances(await accountOf(world, smallDay), smallDay.written)).toEqual([]);
});
