// The process whose purge and memory are measured. Takes a task as JSON, writes what it measured as JSON.

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
  await requireOwnPrefix(source);
  await deployProcedures(source, {}, attempt);
  const input = { table, day: orders.day };
  await exportPartition(source, input, attempt);
  await verifyPartition(source, input, attempt);
  return (await commitManifest(source, input, attempt)).rows;
}

/** Slices as the workflow runs them, until nothing is left before the cutoff. */
async function purge(): Promise<number> {
  let deleted = 0;
  for (;;) {
    const slice = await purgeSlice(source, { table, cutoff: '2026-01-06', forMillis: 300_000 }, attempt);
    deleted += slice.deleted;
    if (slice.native) process.stderr.write(`${slice.native}\n`);
    if (slice.drifted) throw new Error(`${table}: the day isn't what was archived`);
    if (slice.held !== undefined) process.stderr.write(`held: ${slice.held}\n`);
    if (slice.done) return deleted;
  }
}

// A worker asks its store what it can once, before its first purge.
await source.conditionalWrites();
const began = performance.now();
const rows = await (task.name === 'archive' ? archive() : purge());
const seconds = (performance.now() - began) / 1000;
process.stdout.write(JSON.stringify({ seconds, rows, memoryMB: peakMB(), note } satisfies Measured));
source.close();
