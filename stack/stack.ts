import { mkdirSync, rmSync } from 'node:fs';
import { startMariadb } from './mariadb.ts';
import { type SqlServer, startMysql } from './mysql.ts';
import type { Server } from './process.ts';
import { startSeaweed } from './seaweed.ts';
import { startTemporal } from './temporal.ts';

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

export interface Stack {
  addresses: Addresses;
  stop(): Promise<void>;
}

/** Servers that are started together and end together; all data is below the folder, which `stop` removes. */
export class Servers {
  readonly #servers: Server[] = [];
  #stopped: Promise<void> | undefined;

  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  /** For each server's start: one that comes after the end is ended at once. */
  readonly started = (server: Server): void => {
    this.#servers.push(server);
    if (this.#stopped) void server.stop();
  };

  stop(): Promise<void> {
    this.#stopped ??= Promise.all(this.#servers.map((server) => server.stop())).then(() =>
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 }),
    );
    return this.#stopped;
  }

  /** Awaits every start, also where one failed: one that is still starting has to be stopped too. @throws what failed, after all have ended */
  async all<Starts extends readonly Promise<unknown>[]>(
    starts: readonly [...Starts],
  ): Promise<{ [Index in keyof Starts]: Awaited<Starts[Index]> }> {
    const settled = await Promise.allSettled(starts);
    const reasons = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    if (reasons.length === 0) return Promise.all(starts);
    await this.stop();
    if (reasons.length === 1) throw reasons[0];
    throw new AggregateError(reasons, reasons.map((each) => (each instanceof Error ? each.message : each)).join('\n'));
  }
}

/** Starts Temporal, MySQL, MariaDB and S3 on free ports. */
export async function startStack(
  folder: string,
  temporalOptions: { suggestContinueAsNew?: number } = {},
): Promise<Stack> {
  const servers = new Servers(folder);
  const [temporal, mysql, mariadb, s3] = await servers.all([
    startTemporal(folder, servers.started, temporalOptions),
    startMysql(folder, servers.started),
    startMariadb(folder, servers.started),
    startSeaweed(folder, servers.started),
  ]);
  const { address, uiUrl, cli } = temporal;
  const addresses: Addresses = {
    temporal: { address, ui: uiUrl, cli },
    mysql: addressOf(mysql),
    mariadb: addressOf(mariadb),
    s3,
  };
  return { addresses, stop: () => servers.stop() };
}

function addressOf({ host, port, user, password }: SqlServer): SqlAddress {
  return { host, port, user, password };
}
