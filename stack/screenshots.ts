import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { parseConfig } from '../src/config/load.ts';
import { Source } from '../src/job/source.ts';
import { addDays, daysBetween, parseDay } from '../src/model/day.ts';
import { applySchedule, scheduleId } from '../src/schedules.ts';
import { registerSearchAttributes } from '../src/searchAttributes.ts';
import { fillBank } from './bank.ts';
import { Browser } from './browser.ts';
import { stackFolder } from './fetch.ts';
import { type Addresses, startStack } from './stack.ts';

/**
 * Takes pictures of Temporal's web UI over a purge that works, one that is paused, and a daily run with tables that need a
 * person, and of the page that `sediment evidence` writes: `npm run screenshots -- <folder>`, by default .stack/screenshots.
 */
const folder = join(stackFolder, `screenshots-${process.pid}`);
const pictures = resolve(process.argv[2] ?? join(stackFolder, 'screenshots'));
const say = (line: string) => process.stdout.write(`${line}\n`);

async function makeBucket(at: Addresses): Promise<void> {
  const client = new S3Client({ region: at.s3.region, endpoint: at.s3.endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'archive' }));
  await client.send(
    new PutBucketVersioningCommand({ Bucket: 'archive', VersioningConfiguration: { Status: 'Enabled' } }),
  );
  client.destroy();
}

/** Slow purges, so that they are under way when they are looked at; one table is refused. */
const configOf = (at: Addresses) => `
source: { name: bank, url: "mysql://root@127.0.0.1:${at.mysql.port}" }
store: { bucket: archive, region: us-east-1, endpoint: "${at.s3.endpoint}", forcePathStyle: true }
defaults: { retention: P30D, purge: enabled, pace: full, chunkRows: 200 }
tables:
  - { table: bank.transactions, timeColumn: booked_at, maxRowsPerSecond: 400 }
  - { table: bank.card_events, timeColumn: happened_at, maxRowsPerSecond: 300 }
  - { table: bank.audit_log, timeColumn: logged_at }
  - { table: bank.sessions, timeColumn: started_ms, timeKind: epochMillis }
  - { table: bank.notes, timeColumn: t }
`;

async function run(at: Addresses): Promise<void> {
  process.env.AWS_ACCESS_KEY_ID = at.s3.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = at.s3.secretAccessKey;
  process.env.TEMPORAL_ADDRESS = at.temporal.address;
  await makeBucket(at);
  const file = join(folder, 'sediment.yaml');
  writeFileSync(file, configOf(at));
  const config = parseConfig(configOf(at), file, {});
  const source = new Source(config);
  const session = await source.open('READ COMMITTED');
  const [clock] = await session.rows('SELECT UTC_DATE() AS today');
  const today = parseDay(String(clock?.today));
  say('filling the bank');
  await fillBank(session, daysBetween(addDays(today, -34), addDays(today, -1)), 1, () => undefined);
  await session.execute('CREATE TABLE bank.notes (note TEXT, t DATETIME NOT NULL, KEY by_time (t))');
  await session.execute('INSERT INTO bank.notes VALUES (?, UTC_TIMESTAMP() - INTERVAL 2 DAY)', ['no key']);
  const worker = spawn(process.execPath, ['bin/sediment.mjs', 'worker', '--config', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', SEDIMENT_LOG: 'warn' },
  });
  const connection = await Connection.connect({ address: at.temporal.address });
  const client = new Client({ connection });
  try {
    await registerSearchAttributes(connection, 'default');
    await applySchedule(client, config);
    await client.schedule.getHandle(scheduleId('bank')).trigger();
    await takePictures(client, at.temporal.ui);
    await takeEvidence(file);
  } finally {
    worker.kill('SIGKILL');
    await connection.close();
    session.close();
    source.close();
  }
}

async function takePictures(client: Client, ui: string): Promise<void> {
  const browser = await Browser.open();
  const take = async (name: string, path: string, texts: readonly string[], height?: number) => {
    const size = { width: 1280, height: height ?? 1_040 };
    await browser.show(`${ui}/namespaces/default/workflows${path}`, texts, size).finally(() =>
      // Also of a page that never shows what it should: it is what one looks at then.
      browser.screenshot(join(pictures, `${name}.png`)),
    );
    say(`${name}.png`);
  };
  try {
    const purge = await begun(client, 'purge/bank/bank/transactions');
    const metadata = async (id: string) => {
      const { runId } = await client.workflow.getHandle(id).describe();
      return `/${encodeURIComponent(id)}/${runId}/user-metadata`;
    };
    say('the purge works');
    await take('purge', await metadata(purge), ['rows left', 'forecast', 'sediment status bank.transactions']);
    const other = client.workflow.getHandle(await begun(client, 'purge/bank/bank/card_events'));
    await other.executeUpdate('pause', { args: [{ owner: 'oncall', reason: 'month-end close' }] });
    await take('purge-paused', await metadata(other.workflowId), ['month-end close', 'sediment resume']);
    const [daily] = await idsOf(client, "WorkflowType = 'dailyArchive'");
    await take('daily', await metadata(String(daily)), ['1 table needs a person']);
    await take('workflows', '', ['purge/bank/bank/transactions'], 900);
  } finally {
    await browser.close();
  }
}

/** The page that `sediment evidence` writes, as a browser shows it: its head, and all of it in one long picture. */
async function takeEvidence(file: string): Promise<void> {
  const out = join(folder, 'evidence');
  const writing = spawn(process.execPath, ['bin/sediment.mjs', 'evidence', '--config', file, '--out', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(writing, 'exit');
  const browser = await Browser.open();
  try {
    const texts = ['Evidence of bank', 'How to check this oneself'];
    const page = pathToFileURL(join(out, 'evidence.html')).href;
    for (const [name, height] of [
      ['evidence', 1_400],
      ['evidence-whole', 6_000],
    ] as const) {
      await browser.show(page, texts, { width: 1100, height });
      await browser.screenshot(join(pictures, `${name}.png`));
      say(`${name}.png`);
    }
  } finally {
    await browser.close();
  }
}

/** The purge's id, once slices of it have ended and none holds it. */
async function begun(client: Client, id: string): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const progress = await client.workflow
      .getHandle(id)
      .query<{ deleted: number }, []>('progress')
      .catch(() => undefined);
    if (progress && progress.deleted > 0) return id;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`${id} deleted nothing within five minutes`);
}

async function idsOf(client: Client, query: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

mkdirSync(pictures, { recursive: true });
const stack = await startStack(folder);
try {
  await run(stack.addresses);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  process.exitCode = 1;
} finally {
  await stack.stop();
  process.exit();
}
