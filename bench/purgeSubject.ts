// The process whose purge and memory are measured. Takes a task as JSON, writes what it measured as JSON.

import { Source } from '../src/job/source.ts';
import type { SqlServer } from '../stack/mysql.ts';
import type { S3Server } from '../stack/seaweed.ts';
import { archiveDay, prepareSource, purgeTable } from './dayWork.ts';
import { orders } from './orders.ts';
import { peakMB } from './peak.ts';
import type { Measured } from './race.ts';
import { stageConfig } from './stage.ts';

export interface PurgeTask {
  /** Archives the day, or purges it as archived. */
  name: 'archive' | 'purge';
  table: string;
  run: string;
  /** Further keys of the policy, as YAML. */
  policy: string;
  /** Ports of replicas whose lag counts. */
  replicas?: number[];
  mysql: Pick<SqlServer, 'port'>;
  s3: S3Server;
}

const task = JSON.parse(process.argv[2] ?? '') as PurgeTask;
const table = `${orders.database}.${task.table}`;
const policy = `purge: enabled, ${task.policy}`;
const config = stageConfig(task, {
  table,
  timeColumn: orders.timeColumn,
  run: task.run,
  policy,
  replicas: task.replicas,
});
const source = new Source(config);
const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };

/** What was measured of others by the last look, by both ways. */
let note = '';
setInterval(() => {
  const { canary, statements } = source.impact.both();
  const shown = (felt: typeof canary) =>
    felt ? `${felt.work.toFixed(2)} / ${felt.rest.toFixed(2)} = ${(felt.work / felt.rest).toFixed(2)}` : '-';
  if (canary || statements) note = `canary ${shown(canary)}, statements ${shown(statements)}`;
}, 1_000).unref();

async function archive(): Promise<number> {
  await prepareSource(source, attempt);
  return archiveDay(source, table, attempt);
}

// A worker asks its store what it can once, before its first purge.
await source.conditionalWrites();
const began = performance.now();
const rows = await (task.name === 'archive' ? archive() : purgeTable(source, table, attempt));
const seconds = (performance.now() - began) / 1000;
process.stdout.write(JSON.stringify({ seconds, rows, memoryMB: peakMB(), note } satisfies Measured));
source.close();
