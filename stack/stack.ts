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

/** Starts Temporal, MySQL, MariaDB and S3 on free ports; all data is below the folder, which stop() removes. */
export async function startStack(
  folder: string,
  temporalOptions: { suggestContinueAsNew?: number } = {},
): Promise<Stack> {
  mkdirSync(folder, { recursive: true });
  const servers: Server[] = [];
  const started = (server: Server) => servers.push(server);
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  // All are awaited: one that is still starting when another fails has to be stopped too.
  const [temporal, mysql, mariadb, s3] = await Promise.allSettled([
    startTemporal(folder, started, temporalOptions),
    startMysql(folder, started),
    startMariadb(folder, started),
    startSeaweed(folder, started),
  ]);
  if (
    temporal.status === 'fulfilled' &&
    mysql.status === 'fulfilled' &&
    mariadb.status === 'fulfilled' &&
    s3.status === 'fulfilled'
  ) {
    const { address, uiUrl, cli } = temporal.value;
    const addresses: Addresses = {
      temporal: { address, ui: uiUrl, cli },
      mysql: addressOf(mysql.value),
      mariadb: addressOf(mariadb.value),
      s3: s3.value,
    };
    return { addresses, stop };
  }
  await stop();
  const reasons = [temporal, mysql, mariadb, s3].flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  if (reasons.length === 1) throw reasons[0];
  throw new AggregateError(reasons, reasons.map((each) => (each instanceof Error ? each.message : each)).join('\n'));
}

function addressOf({ host, port, user, password }: SqlServer): SqlAddress {
  return { host, port, user, password };
}
