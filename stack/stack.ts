import { mkdirSync, rmSync } from 'node:fs';
import { startMariadb } from './mariadb.ts';
import { type SqlServer, startMysql } from './mysql.ts';
import type { Server } from './process.ts';
import { type S3Server, startSeaweed } from './seaweed.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

/** Where this run's servers answer: plain data, handed to tests and to workers. */
export interface Addresses {
  temporal: { address: string; ui: string; cli: string };
  mysql: SqlAddress;
  mariadb: SqlAddress;
  s3: { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string };
}

export interface SqlAddress {
  host: string;
  port: number;
  user: string;
  password: string;
}

export interface StackOptions {
  /** The data of this run; stop() removes it. */
  folder: string;
  temporal?: boolean;
  mysql?: boolean;
  mariadb?: boolean;
  s3?: boolean;
  log?: (line: string) => void;
}

export interface Stack {
  temporal?: TemporalServer;
  mysql?: SqlServer;
  mariadb?: SqlServer;
  s3?: S3Server;
  stop(): Promise<void>;
}

export interface FullStack extends Required<Stack> {
  addresses: Addresses;
}

/** Starts Temporal, MySQL, MariaDB and S3, or those that are asked for, on free ports; all data is below the folder. */
export function startStack(folder: string): Promise<FullStack>;
export function startStack(options: StackOptions): Promise<Stack>;
export async function startStack(what: string | StackOptions): Promise<Stack | FullStack> {
  if (typeof what !== 'string') return await startServers(what);
  const stack = await startServers({ folder: what, temporal: true, mysql: true, mariadb: true, s3: true });
  const { temporal, mysql, mariadb, s3 } = stack;
  if (!temporal || !mysql || !mariadb || !s3) throw new Error('a server of the stack is missing');
  const addresses: Addresses = {
    temporal: { address: temporal.address, ui: temporal.uiUrl, cli: temporal.cli },
    mysql: addressOf(mysql),
    mariadb: addressOf(mariadb),
    s3: { ...s3 },
  };
  return { ...stack, temporal, mysql, mariadb, s3, addresses };
}

async function startServers({ folder, log = () => undefined, ...asked }: StackOptions): Promise<Stack> {
  mkdirSync(folder, { recursive: true });
  const servers: Server[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const began = performance.now();
  const start = async <T>(begin: (folder: string, started: (server: Server) => void) => Promise<T>): Promise<T> => {
    let name = '';
    const server = await begin(folder, (each) => {
      name = each.name;
      servers.push(each);
    });
    log(`${name} answers after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return server;
  };
  const temporal = asked.temporal ? start(startTemporal) : undefined;
  const mysql = asked.mysql ? start(startMysql) : undefined;
  const mariadb = asked.mariadb ? start(startMariadb) : undefined;
  const s3 = asked.s3 ? start(startSeaweed) : undefined;
  // All are awaited: one that is still starting when another fails has to be stopped too.
  const failed = (await Promise.allSettled([temporal, mysql, mariadb, s3])).filter(
    (each) => each.status === 'rejected',
  );
  if (failed.length === 0)
    return { temporal: await temporal, mysql: await mysql, mariadb: await mariadb, s3: await s3, stop };
  await stop();
  const reasons: unknown[] = failed.map((each) => each.reason);
  if (reasons.length === 1) throw reasons[0];
  throw new AggregateError(reasons, reasons.map((each) => (each instanceof Error ? each.message : each)).join('\n'));
}

function addressOf({ host, port, user, password }: SqlServer): SqlAddress {
  return { host, port, user, password };
}
