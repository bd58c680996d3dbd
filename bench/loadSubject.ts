// A worker of several tables. Takes a task as JSON; archives them, or purges them side by side until it is told to end or
// nothing is left. It writes a line for each purging transaction: when it ended (epoch, ms), its rows, and what it took (ms);
// and one each second that begins with `felt`: how many times as long the canary and others' statements take at work.
import { Source } from '../src/job/source.ts';
import type { SqlServer } from '../stack/mysql.ts';
import type { S3Server } from '../stack/seaweed.ts';
import { archiveDay, prepareSource, purgeTable } from './dayWork.ts';
import { orders } from './orders.ts';
import { stageConfig } from './stage.ts';

export interface LoadTask {
  name: 'archive' | 'purge';
  /** Those of the config, and those that this worker takes. */
  tables: string[];
  own: string[];
  /** Keys of the policy, as YAML. */
  policy: string;
  /** The replica's port. */
  replica: number;
  mysql: Pick<SqlServer, 'port'>;
  s3: S3Server;
}

const task = JSON.parse(process.argv[2] ?? '') as LoadTask;
const [table = '', ...others] = task.tables;
const policy = `purge: enabled, ${task.policy}`;
const { timeColumn } = orders;
const replicas = [task.replica];
const source = new Source(stageConfig(task, { table, others, timeColumn, run: 'load', policy, replicas }));
const ended = new AbortController();
process.on('SIGTERM', () => ended.abort());

async function archive(): Promise<void> {
  const attempt = { heartbeat: () => undefined, signal: ended.signal };
  await prepareSource(source, attempt);
  for (const name of task.own) await archiveDay(source, name, attempt);
}

/** Writes a line for each transaction. */
async function purge(name: string): Promise<void> {
  let before = 0;
  const heartbeat = (details: unknown) => {
    const { millis, deleted = 0 } = details as { millis?: number; deleted?: number };
    if (millis === undefined) return;
    // A slice counts from the beginning.
    if (deleted < before) before = 0;
    process.stdout.write(`${Date.now()} ${deleted - before} ${millis}\n`);
    before = deleted;
  };
  await purgeTable(source, name, { heartbeat, signal: ended.signal });
}

function tellFelt(): void {
  const { canary, statements } = source.impact.both();
  const [byCanary, byStatements] = [canary, statements].map((felt) => (felt ? felt.work / felt.rest : 'NaN'));
  process.stdout.write(`felt ${Date.now()} ${byCanary} ${byStatements}\n`);
}

if (task.name === 'purge') setInterval(tellFelt, 1_000).unref();
// A worker asks its store what it can once, before its first purge.
await source.conditionalWrites();
await (task.name === 'archive' ? archive() : Promise.all(task.own.map(purge)));
source.close();
process.exit();
