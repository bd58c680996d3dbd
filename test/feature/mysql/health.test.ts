import { mkdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { TablePolicy } from '../../../src/config/policy.ts';
import { HealthMonitor } from '../../../src/mysql/health/health.ts';
import { Session } from '../../../src/mysql/session/session.ts';
import { type Held, Pacer } from '../../../src/pacing/pacer.ts';
import { type Reading, waitReasons } from '../../../src/pacing/throttle.ts';
import { stackFolder } from '../../../stack/fetch.ts';
import { type SqlServer, startMysql } from '../../../stack/mysql.ts';
import type { Server } from '../../../stack/process.ts';

const folder = join(stackFolder, `replication-${process.pid}`);
const servers: Server[] = [];
const opened: { end(): Promise<void> }[] = [];
const monitors: HealthMonitor[] = [];
const idle = new AbortController().signal;
/** A source of its own: what other tests run must not count as load here. */
let source: SqlServer;
let replica: SqlServer;
/** Between the two: a network that can slow down until nothing comes. */
let wire: { port: number; stop(): void; goOn(): void; close(): void };
let onSource: Connection;
let onReplica: Connection;

beforeAll(async () => {
  const start = (name: string, serverId: number) => {
    mkdirSync(join(folder, name), { recursive: true });
    return startMysql(join(folder, name), (server) => servers.push(server), { serverId });
  };
  [source, replica] = await Promise.all([start('source', 1), start('replica', 2)]);
  wire = await layWire(source.port);
  onSource = await connect(source);
  onReplica = await connect(replica);
  await onReplica.query(
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${wire.port}, SOURCE_USER = ` +
      `'root', SOURCE_PASSWORD = '', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
  );
  await onReplica.query('START REPLICA');
  await onSource.query('CREATE DATABASE shop');
  await onSource.query('CREATE TABLE shop.t (id INT PRIMARY KEY, n INT NOT NULL)');
  await onSource.query('INSERT INTO shop.t VALUES (1, 0)');
  await caughtUp();
});
afterAll(async () => {
  for (const monitor of monitors) monitor.close();
  await Promise.allSettled(opened.map((connection) => connection.end()));
  await Promise.all(servers.map((server) => server.stop()));
  wire?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function connect({ port }: { port: number }, user = 'root'): Promise<Connection> {
  const connection = await createConnection({ host: '127.0.0.1', port, user, password: '' });
  opened.push(connection);
  return connection;
}

async function layWire(port: number): Promise<typeof wire> {
  const sockets = new Set<Socket>();
  let kept: (() => void)[] | undefined;
  const forward = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('error', () => undefined);
    from.on('close', () => to.destroy());
    from.on('data', (bytes) => {
      if (kept) kept.push(() => to.write(bytes));
      else to.write(bytes);
    });
  };
  const server = createServer((near) => {
    const far = dial(port, '127.0.0.1');
    forward(near, far);
    forward(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      kept = [];
    },
    goOn: () => {
      for (const send of kept ?? []) send();
      kept = undefined;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Waits until the replica has applied what the source has committed. */
async function caughtUp(): Promise<void> {
  const [[gtids]] = (await onSource.query('SELECT @@gtid_executed AS gtids')) as unknown as [[{ gtids: string }]];
  await onReplica.query('SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 30)', [gtids.gtids]);
}

interface Asked {
  replicas?: readonly { port: number }[];
  throttle?: Partial<TablePolicy['throttle']>;
  user?: string;
  at?: { port: number };
  patienceMillis?: number;
}

/** A policy as a config file says it, its monitor and its pacer. */
function paced({ replicas = [], throttle = {}, user = 'root', at = source, patienceMillis = 30_000 }: Asked = {}) {
  const urls = replicas.map(({ port }) => `mysql://127.0.0.1:${port}`);
  const { tables, ...config } = parseConfig(
    JSON.stringify({
      source: { name: 'bank', url: `mysql://${user}@127.0.0.1:${at.port}`, replicas: urls },
      store: { bucket: 'archive', region: 'us-east-1' },
      tables: [{ table: 'shop.t', timeColumn: 't', throttle }],
    }),
    'test',
    {},
  );
  const [policy] = tables;
  if (!policy) throw new Error('no policy');
  const health = new HealthMonitor(config.source);
  monitors.push(health);
  const pacer = new Pacer({ policy, health, patienceMillis });
  /** Of the same measurements: gives a hold back at once. */
  const impatient = new Pacer({ policy, health, patienceMillis: 0 });
  return { policy, health, pacer, impatient };
}

/** Waits for the pacer, runs `act` once it says that it waits, and gives what it said. */
async function heldUntil(pacer: Pacer, act: (held: Held) => unknown): Promise<string[]> {
  const told: string[] = [];
  const end = await pacer.ready(idle, (hold) => {
    told.push(hold.reason);
    if (told.length === 1) void act(hold);
  });
  expect(end).toBeUndefined();
  return told;
}

describe('with a replica', () => {
  test('a purge goes on while it keeps up', async () => {
    expect(await paced({ replicas: [replica] }).pacer.ready(idle)).toBeUndefined();
  });

  test('a purge waits while its SQL thread is stopped, and goes on when it is started (P43)', async () => {
    await onReplica.query('STOP REPLICA SQL_THREAD');
    const { pacer } = paced({ replicas: [replica] });
    const [reason] = await heldUntil(pacer, () => onReplica.query('START REPLICA SQL_THREAD'));
    expect(reason).toBe(`replica 127.0.0.1:${replica.port}: its SQL thread is stopped`);
  });

  test('a purge waits while it is behind, and goes on when it has caught up', async () => {
    const { pacer, impatient } = paced({ replicas: [replica] });
    expect(await pacer.ready(idle)).toBeUndefined();
    const locker = await connect(replica);
    await locker.query('LOCK TABLES shop.t READ');
    await onSource.query('UPDATE shop.t SET n = n + 1');
    const hold = await vi.waitUntil(() => impatient.ready(idle), { timeout: 20_000 });
    expect(hold.reason).toMatch(/^replica 127\.0\.0\.1:\d+ is \d+(\.\d)? s behind, limit 1 s$/);
    await heldUntil(pacer, () => locker.query('UNLOCK TABLES'));
  });

  test('a replica that has received nothing for a while is behind, though it has applied all that it has', async () => {
    const { pacer, impatient } = paced({ replicas: [replica] });
    const status = async () => (await onReplica.query<RowDataPacket[]>('SHOW REPLICA STATUS'))[0][0];
    await vi.waitFor(async () => expect(await status()).toMatchObject({ Seconds_Behind_Source: 0 }), 20_000);
    expect(await pacer.ready(idle)).toBeUndefined();
    wire.stop();
    await onSource.query('UPDATE shop.t SET n = n + 1');
    const hold = await vi.waitUntil(() => impatient.ready(idle), { timeout: 20_000 });
    expect(hold.reason).toMatch(/^replica 127\.0\.0\.1:\d+ is \d+(\.\d)? s behind, limit 1 s$/);
    expect(await status()).toMatchObject({ Replica_IO_Running: 'Yes', Seconds_Behind_Source: 0 });
    await heldUntil(pacer, () => wire.goOn());
  });

  test('a host that is no replica holds, and so does one that isn’t there (P43)', async () => {
    const stranger = inject('stack').mysql;
    const { pacer } = paced({ replicas: [stranger], patienceMillis: 0 });
    expect((await pacer.ready(idle))?.reason).toBe(
      `replica 127.0.0.1:${stranger.port}: it replicates from nobody, so its lag says nothing`,
    );
    const nobody = paced({ replicas: [{ port: 1 }], patienceMillis: 0 });
    expect((await nobody.pacer.ready(idle))?.reason).toMatch(
      /^the lag of replica 127\.0\.0\.1:1 can't be read: .*ECONNREFUSED/,
    );
    const off = paced({ replicas: [{ port: 1 }], throttle: { replicaLagSeconds: 'off' }, patienceMillis: 0 });
    expect(await off.pacer.ready(idle)).toBeUndefined();
  });

  test('the last good value of a replica that no longer answers ages, and holds after 15 s (P45)', async () => {
    const { health, policy } = paced({ replicas: [replica] });
    const lag = async () => (await health.read(idle)).readings.find(({ signal }) => signal === 'replicaLagSeconds');
    const before = await lag();
    expect(before?.value).toBeLessThan(1);
    process.kill(replica.pid, 'SIGSTOP');
    try {
      const frozen = await vi.waitFor(
        async () => {
          const latest = await lag();
          expect(latest?.failure).toBe('no answer within 5 s');
          return latest as Reading;
        },
        { timeout: 20_000 },
      );
      expect(frozen.value).toBe(before?.value);
      const at = frozen.goodAt ?? Number.NaN;
      expect(waitReasons({ readings: [frozen] }, policy.throttle, at + 14_999)).toEqual([]);
      const [held] = waitReasons({ readings: [frozen] }, policy.throttle, at + 15_001);
      expect(held?.reason).toContain("can't be read, for 15 s now: no answer within 5 s");
    } finally {
      process.kill(replica.pid, 'SIGCONT');
    }
  });

  test('a pause or a cancel doesn’t wait for the hold’s end (P46)', async () => {
    const { pacer } = paced({ replicas: [{ port: 1 }] });
    const controller = new AbortController();
    const cancelled = new Error('cancelled');
    const waits = pacer.ready(controller.signal, () => controller.abort(cancelled));
    await expect(waits).rejects.toBe(cancelled);
    await expect(pacer.ready(controller.signal)).rejects.toBe(cancelled);
  });
});

describe('the server’s load', () => {
  test('of others holds, and Sediment’s own doesn’t (P44)', async () => {
    const throttle = { threadsRunning: 10 };
    const own = await Promise.all(Array.from({ length: 12 }, () => Session.open(asSource(), 'READ COMMITTED')));
    const sleeping = own.map((session) => session.rows('SELECT SLEEP(60)').catch(() => undefined));
    await running(12);
    expect(await paced({ throttle, patienceMillis: 0 }).pacer.ready(idle)).toBeUndefined();
    await endSleeps();
    await Promise.all(sleeping);
    for (const session of own) session.close();

    const others = await Promise.all(Array.from({ length: 12 }, () => connect(source)));
    const busy = others.map((connection) => connection.query('SELECT SLEEP(60)').catch(() => undefined));
    await running(12);
    const [reason] = await heldUntil(paced({ throttle }).pacer, endSleeps);
    expect(reason).toMatch(/^1[2-9] threads are running, limit 10$/);
    await Promise.all(busy);
  });

  test('in old row versions that a forgotten snapshot keeps holds, until it is given up', async () => {
    const forgotten = await connect(source);
    await forgotten.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    await forgotten.query('SELECT * FROM shop.t');
    for (let time = 0; time < 1_500; time++) await onSource.query('UPDATE shop.t SET n = n + 1');
    const { pacer } = paced({ throttle: { historyLength: 1_000 } });
    const [reason] = await heldUntil(pacer, async () => {
      await forgotten.query('COMMIT');
      // By default the list is shortened each 128 rounds of InnoDB's purge, and so few rows don't take as many.
      await onSource.query('SET GLOBAL innodb_purge_rseg_truncate_frequency = 1');
      for (let time = 0; time < 50; time++) await onSource.query('UPDATE shop.t SET n = n + 1');
    });
    expect(reason).toMatch(/^the history list holds 1,\d{3} transactions, limit 1,000$/);
  });

  test('that can’t be read for want of a right holds and says so, unless the signal is switched off', async () => {
    await onSource.query("CREATE USER plain@'%' IDENTIFIED BY ''");
    const { pacer } = paced({ user: 'plain', patienceMillis: 0 });
    expect((await pacer.ready(idle))?.reason).toMatch(/^the history list length can't be read: .*PROCESS/);
    const without = paced({ user: 'plain', throttle: { historyLength: 'off' }, patienceMillis: 0 });
    expect(await without.pacer.ready(idle)).toBeUndefined();
  });

  test('is read on MariaDB too, and its clock', async () => {
    const { health, pacer } = paced({ at: inject('stack').mariadb, throttle: { threadsRunning: 1_000 } });
    expect(await pacer.ready(idle)).toBeUndefined();
    const { readings, clock } = await health.read(idle);
    expect(readings.map(({ signal, value }) => [signal, typeof value])).toEqual([
      ['threadsRunning', 'number'],
      ['historyLength', 'number'],
    ]);
    expect(Math.abs((clock?.epochMillis ?? 0) - Date.now())).toBeLessThan(60_000);
  });
});

function asSource() {
  return { host: '127.0.0.1', port: source.port, user: 'root', password: '', tls: false as const };
}

/** Waits until so many sessions sleep in a SELECT. */
async function running(count: number): Promise<void> {
  for (;;) if ((await sleepers()).length === count) return;
}

async function sleepers(): Promise<number[]> {
  const [rows] = await onSource.query("SELECT id FROM information_schema.processlist WHERE info = 'SELECT SLEEP(60)'");
  return (rows as { id: number }[]).map(({ id }) => id);
}

async function endSleeps(): Promise<void> {
  for (const id of await sleepers()) await onSource.query(`KILL QUERY ${id}`);
}
