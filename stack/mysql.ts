import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { fetchDebian, findProgram, makeOnce, runUnpacked, stackFolder } from './fetch.ts';
import { freePort, runProgram, Server } from './process.ts';

export interface SqlServer {
  flavor: 'mysql' | 'mariadb';
  host: '127.0.0.1';
  port: number;
  user: 'root';
  password: string;
  /** In a folder too deep for a socket's 107 bytes, only TCP works. */
  socket: string;
  /** The server's own process id, to kill it with. */
  pid: number;
  stop(): Promise<void>;
}

/** What the two servers have in common. */
export const sharedFlags = ['--bind-address=127.0.0.1', '--local-infile=1', '--secure-file-priv=', '--log-bin=binlog'];
sharedFlags.push('--innodb-buffer-pool-size=512M', '--innodb-flush-log-at-trx-commit=2');
sharedFlags.push('--sync-binlog=0');

/** What a further server beside the stack's own has of its own. */
export interface SqlOptions {
  /** Differs from that of every server that it replicates from. Default 1. */
  serverId?: number;
  /** Where it answers; left out, a free port. */
  port?: number;
  /** Options of its command line after all others. */
  flags?: readonly string[];
  /** A command that starts another one, before the server's own: `env --ignore-signal=XFSZ`. */
  launcher?: readonly string[];
}

export async function startMysql(
  folder: string,
  started: (server: Server) => void,
  options: SqlOptions = {},
): Promise<SqlServer> {
  const { program, fetched } = await findProgram({
    name: 'mysqld',
    variable: 'SEDIMENT_MYSQLD',
    folder: 'mysql',
    source: "Debian's packages, mysql-server-core of sid",
    install: 'MySQL 8.0 or newer (mysqld)',
    megabytes: 470,
    fetch: (to) => fetchDebian(to, 'sid', 'mysql-server-core'),
    // MariaDB's packages bring a mysqld too.
    accepts: (path) => !/mariadb/i.test(versionOf(path, [])),
  });
  const { command, args } = fetched ? runUnpacked(program, 'mysqld') : { command: program, args: [] };
  const flags = [...args, '--no-defaults', ...asRoot()];
  if (fetched) {
    flags.push(`--basedir=${program}/usr`, `--lc-messages-dir=${program}/usr/share/mysql`);
    flags.push(`--character-sets-dir=${program}/usr/share/mysql/charsets`);
    flags.push(`--plugin-dir=${program}/usr/lib/mysql/plugin`);
  }
  const template = templateFolder('mysql', command, args);
  await makeOnce(template, (fresh) =>
    runProgram(join(folder, 'mysql-init.log'), command, [...flags, `--datadir=${fresh}/data`, '--initialize-insecure']),
  );
  const own = ['--mysqlx=OFF', '--innodb-redo-log-capacity=512M', `--server-id=${options.serverId ?? 1}`];
  const installed = { flavor: 'mysql', template, command, args: [...flags, ...own] } as const;
  return await startSql(installed, folder, started, options);
}

/** A server's program, its options, and the fresh data that it starts with. */
export interface InstalledSql {
  flavor: SqlServer['flavor'];
  template: string;
  command: string;
  args: readonly string[];
}

/** Starts a server on a copy of the template, or on the data that the folder has from an earlier start. */
export async function startSql(
  { flavor, template, command, args }: InstalledSql,
  folder: string,
  started: (server: Server) => void,
  options: SqlOptions = {},
): Promise<SqlServer> {
  const data = join(folder, flavor);
  if (!existsSync(data)) {
    cpSync(join(template, 'data'), data, { recursive: true, mode: 1 << 1 });
    // Each server draws a UUID of its own.
    rmSync(join(data, 'auto.cnf'), { force: true });
  }
  // Its own: MariaDB removes every temporary table that it finds in the folder when it starts, another server's too.
  const temporary = join(folder, `${flavor}-tmp`);
  mkdirSync(temporary, { recursive: true });
  const port = options.port ?? (await freePort());
  const name = flavor === 'mysql' ? 'MySQL' : 'MariaDB';
  // Relative, so to the data folder: the server refuses a path of more than 107 bytes, and a clone may lie deeper.
  const own = [
    `--datadir=${data}`,
    `--port=${port}`,
    '--socket=s.sock',
    '--pid-file=server.pid',
    `--tmpdir=${temporary}`,
  ];
  const line = [...(options.launcher ?? []), command, ...args, ...sharedFlags, ...own, ...(options.flags ?? [])];
  const [program = command, ...rest] = line;
  const server = new Server({ name, log: join(folder, `${flavor}.log`) }, program, rest);
  started(server);
  await server.ready(() => greets(port));
  const socket = join(data, 's.sock');
  return {
    ...{ flavor, host: '127.0.0.1', port, user: 'root', password: '', socket, pid: server.pid },
    stop: () => server.stop(),
  };
}

/** Where a server's fresh data folder is kept: one for each server and version, as they don't read each other's. */
export function templateFolder(flavor: SqlServer['flavor'], command: string, args: readonly string[]): string {
  const version = createHash('sha256').update(versionOf(command, args)).digest('hex').slice(0, 8);
  return join(stackFolder, `${flavor}-template-${version}`);
}

export function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

function versionOf(command: string, args: readonly string[]): string {
  return execFileSync(command, [...args, '--no-defaults', '--version'], { encoding: 'utf8', stdio: 'pipe' });
}

async function greets(port: number): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', connectTimeout: 5000 });
  await connection.query('SELECT 1');
  await connection.end();
}
