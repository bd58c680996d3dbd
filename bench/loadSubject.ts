// A worker of several tables. Takes a task as JSON; archives them, or purges them side by side until it is told to end or
// nothing is left, and writes a line for each purging transaction: when it ended (epoch, ms) and its rows.
import { commitManifest } from '../src/activities/commitManifest.ts';
import { deployProcedures } from '../src/activities/deployProcedures.ts';
import { exportPartition } from '../src/activities/exportPartition.ts';
import { purgeSlice } from '../src/activities/purgeSlice.ts';
import { verifyPartition } from '../src/activities/verifyPartition.ts';
import { requireOwnPrefix } from '../src/export/claimPrefix.ts';
import { Source } from '../src/job/source.ts';
import type { SqlServer } from '../stack/mysql.ts';
import type { S3Server } from '../stack/seaweed.ts';
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
const { timeColumn, day } = orders;
const replicas = [task.replica];
const source = new Source(stageConfig(task, { table, others, timeColumn, run: 'load', policy, replicas }));
const ended = new AbortController();
process.on('SIGTERM', () => ended.abort());

async function archive(name: string): Promise<void> {
  const attempt = { heartbeat: () => undefined, signal: ended.signal };
  await exportPartition(source, { table: name, day }, attempt);
  await verifyPartition(source, { table: name, day }, attempt);
  await commitManifest(source, { table: name, day }, attempt);
}

/** Slices as the workflow runs them, until nothing is left before the cutoff. */
async function purge(name: string): Promise<void> {
  for (let done = false; !done && !ended.signal.aborted; ) {
    let before = 0;
    const heartbeat = (details: unknown) => {
      const { millis, deleted = 0 } = details as { millis?: number; deleted?: number };
      if (millis === undefined) return;
      process.stdout.write(`${Date.now()} ${deleted - before}\n`);
      before = deleted;
    };
    const attempt = { heartbeat, signal: ended.signal };
    const slice = await purgeSlice(source, { table: name, cutoff: '2026-01-06', forMillis: 300_000 }, attempt);
    if (slice.drifted) throw new Error(`${name}: the day isn't what was archived`);
    done = slice.done;
  }
}

if (task.name === 'archive') {
  const attempt = { heartbeat: () => undefined, signal: ended.signal };
  await requireOwnPrefix(source);
  await deployProcedures(source, {}, attempt);
}
// A worker asks its store what it can once, before its first purge.
await source.conditionalWrites();
for (const name of task.name === 'archive' ? task.own : []) await archive(name);
if (task.name === 'purge') await Promise.all(task.own.map(purge));
source.close();
process.exit();
