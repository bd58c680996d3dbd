import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { type Config, parseConfig } from '../src/config/load.ts';
import { Session } from '../src/mysql/session/session.ts';
import { stackFolder } from '../stack/fetch.ts';
import { type SqlServer, startMysql } from '../stack/mysql.ts';
import type { Server } from '../stack/process.ts';
import { type S3Server, startSeaweed } from '../stack/seaweed.ts';

/** The servers of one bench, in a folder of its own that `stop` removes with all that the bench wrote. */
export interface Stage {
  folder: string;
  mysql: SqlServer;
  s3: S3Server;
  session: Session;
  /** Aborted when the bench is interrupted: whoever runs a program passes it on. */
  signal: AbortSignal;
  interrupt(): void;
  stop(): Promise<void>;
}

export const bucket = 'bench';

/** MySQL and S3 only: what is measured needs no Temporal. AWS's default chain finds the store's keys in the environment. */
export async function openStage(): Promise<Stage> {
  const folder = join(stackFolder, `bench-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const servers: Server[] = [];
  const controller = new AbortController();
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const mysql = await startMysql(folder, (server) => servers.push(server));
    const s3 = await startSeaweed(folder, (server) => servers.push(server));
    process.env.AWS_ACCESS_KEY_ID = s3.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = s3.secretAccessKey;
    process.env.AWS_REGION = s3.region;
    await makeBucket(s3);
    const address = { host: mysql.host, port: mysql.port, user: mysql.user, password: mysql.password };
    const session = await Session.open({ ...address, tls: false }, 'READ COMMITTED');
    const interrupt = () => controller.abort();
    return { folder, mysql, s3, session, signal: controller.signal, interrupt, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeBucket(s3: S3Server): Promise<void> {
  const client = new S3Client({ region: s3.region, endpoint: s3.endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  client.destroy();
}

/** What a run's config says of its own. */
export interface StageConfig {
  table: string;
  /** Further tables, with the same policy. */
  others?: readonly string[];
  timeColumn: string;
  run: string;
  /** Further keys of the table, as YAML, at full pace unless it names another. */
  policy?: string;
  /** Their ports. */
  replicas?: readonly number[] | undefined;
}

/**
 * A config on the stage's servers. Ledger and prefix are the run's own, so that each run starts afresh.
 */
export function stageConfig(
  { mysql, s3 }: { mysql: Pick<SqlServer, 'port'>; s3: S3Server },
  { table, others = [], timeColumn, run, policy = '', replicas = [] }: StageConfig,
): Config {
  const watched = replicas.map((port) => `"mysql://root@127.0.0.1:${port}"`).join(', ');
  const keys = `timeColumn: ${timeColumn}${policy && `, ${policy}`}${/\bpace:/.test(policy) ? '' : ', pace: full'}`;
  const tables = [table, ...others].map((each) => `{ table: ${each}, ${keys} }`);
  const text = `
source: { name: bench, url: "mysql://root@127.0.0.1:${mysql.port}", ledger: ledger_${run}, replicas: [${watched}] }
store: { bucket: ${bucket}, prefix: "${run}", region: ${s3.region}, endpoint: "${s3.endpoint}", forcePathStyle: true }
tables: [${tables.join(', ')}]
`;
  return parseConfig(text, 'bench', {});
}
