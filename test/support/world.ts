import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { type Config, parseConfig } from '../../src/config/load.ts';
import type { TablePolicy } from '../../src/config/policy.ts';
import { requireOwnPrefix } from '../../src/export/claimPrefix.ts';
import type { Attempt } from '../../src/job/attempt.ts';
import { Source } from '../../src/job/source.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { errnoOf } from '../../src/mysql/errors.ts';
import type { Flavor, Session } from '../../src/mysql/session/session.ts';
import { requireServer } from '../../src/partition/open/serverClaim.ts';

/** A source, a database, a ledger and a bucket of a test's own, on the real servers. */
export interface World {
  name: string;
  config: Config;
  source: Source;
  session: Session;
  ledger: Ledger;
  attempt: Attempt;
  sql(statement: string, values?: readonly unknown[]): Promise<Record<string, string | null>[]>;
  add(policy: Partial<TablePolicy> & { table: string; timeColumn: string }): void;
  /** Opens session and ledger again by the current config, after the server died or was replaced. */
  reconnect(): Promise<void>;
  close(): void;
}

/** ER_CANNOT_CONVERT_STRING */
const cannotConvert = 3854;

/**
 * MySQL's information_schema.PROCESSLIST answers nobody while any session runs a statement with an emoji, as a test of
 * another file may at this moment; performance_schema has the same list.
 */
async function askServer(session: Session, statement: string, values: readonly unknown[]): ReturnType<World['sql']> {
  try {
    return await session.rows(statement, values);
  } catch (error) {
    if (errnoOf(error) !== cannotConvert) throw error;
    return await session.rows(
      // Whose names are as they are written.
      statement.replaceAll(/information_schema\.processlist/gi, 'performance_schema.processlist'),
      values,
    );
  }
}

/**
 * @param server of the stack; `aurora` writes each day into S3 itself
 * @param options.port of a server of the test's own, in place of the stack's
 */
export async function makeWorld(
  server: Flavor | 'aurora',
  { ledger: migrated = true, port }: { ledger?: boolean; port?: number } = {},
): Promise<World> {
  const { s3, ...servers } = inject('stack');
  process.env.AWS_ACCESS_KEY_ID = s3.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = s3.secretAccessKey;
  const name = `w${randomBytes(5).toString('hex')}`;
  const client = new S3Client({ region: s3.region, endpoint: s3.endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }));
  client.destroy();
  const text = `
source: { name: ${name}, url: "mysql://root@127.0.0.1:${port ?? servers[server].port}", ledger: ${name}_ledger }
store: { bucket: ${name}, region: us-east-1, endpoint: "${s3.endpoint}", forcePathStyle: true }
tables: [{ table: ${name}.none, timeColumn: t }]
`;
  const config = parseConfig(text, 'test', {});
  const template = config.tables[0];
  config.tables = [];
  const source = new Source(config);
  const session = await source.open('READ COMMITTED');
  await session.execute(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const ledger = new Ledger(session, config.source.ledger);
  if (migrated) await ledger.migrate();
  // The claims of the prefix and of the server are written before any test counts steps.
  await requireOwnPrefix(source);
  if (migrated) await requireServer(source, ledger);
  const world: World = {
    name,
    config,
    source,
    session,
    ledger,
    attempt: { heartbeat: () => undefined, signal: new AbortController().signal },
    sql: (statement, values = []) => askServer(world.session, statement, values),
    add(policy) {
      if (template)
        config.tables.push({ ...template, database: name, purge: 'enabled', pace: 'full', chunkRows: 100, ...policy });
    },
    async reconnect() {
      world.session.close();
      world.session = await source.open('READ COMMITTED');
      world.ledger = new Ledger(world.session, config.source.ledger);
    },
    close() {
      world.session.close();
      source.close();
    },
  };
  return world;
}
