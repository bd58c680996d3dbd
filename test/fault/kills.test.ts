import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { archiveTable, purgeTable } from '../../src/workflows/index.ts';
import { accountOf, imbalances, linesOfTable, type SmallDay, writeDay, writeSeed } from '../support/crashedDay.ts';
import { drift } from '../support/drift.ts';
import { eventually } from '../support/eventually.ts';
import { type Fate, Wire } from '../support/wire.ts';
import { makeWorld, type World } from '../support/world.ts';

/** Short, for a killed worker's activity is tried again only after its heartbeat is missed. */
const timeouts = { heartbeatMillis: 3_000, waitMillis: 500 };
const startOptions = { taskQueue: 'sediment', workflowTaskTimeout: '3s' } as const;

let world: World;
let connection: Connection;
let client: Client;
let folder: string;
const workers: { child: ChildProcess; wire: Wire }[] = [];

beforeAll(async () => {
  world = await makeWorld('mysql');
  await writeSeed(world);
  folder = mkdtempSync(join(tmpdir(), 'sediment-'));
  connection = await Connection.connect({ address: inject('stack').temporal.address });
  await connection.workflowService.registerNamespace({
    namespace: world.name,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  client = new Client({ connection, namespace: world.name });
});

afterAll(async () => {
  for (const { child, wire } of workers) {
    child.kill('SIGKILL');
    await wire.close();
  }
  await connection?.close();
  rmSync(folder, { recursive: true, force: true });
  world?.close();
});

/** The config file of a worker behind a wire. Its purge doesn't wait for a server that other tests keep busy. */
function writeConfig({ config: { source, store } }: Wire): string {
  const file = join(folder, `sediment-${workers.length}.yaml`);
  const policy = 'timeColumn: t, purge: enabled, pace: full, chunkRows: 360, partBytes: 4500';
  const off = 'threadsRunning: off, historyLength: off, replicaLagSeconds: off, lockWaitSeconds: 0.05';
  writeFileSync(
    file,
    `source: { name: ${source.name}, url: "mysql://root@127.0.0.1:${source.port}", ledger: ${source.ledger} }
store: { bucket: ${store.bucket}, region: us-east-1, endpoint: "${store.endpoint}", forcePathStyle: true }
tables:
  - { table: ${world.name}.one, ${policy}, throttle: { ${off} } }
  - { table: ${world.name}.other, ${policy}, throttle: { ${off} } }
`,
  );
  return file;
}

/** A real worker in a process of its own. With places, each day stands still at its own until the worker is killed. */
async function startWorker(standAt: readonly RegExp[] = []): Promise<{ killAtPlaces(): Promise<void> }> {
  const standing = new Set<RegExp>();
  const alive = new AbortController();
  const wire = await Wire.open(world.config, async (_, what): Promise<Fate> => {
    const place = standAt.find((each) => each.test(what));
    if (!place) return 'answered';
    standing.add(place);
    if (!alive.signal.aborted) await once(alive.signal, 'abort');
    return 'dead';
  });
  const child = spawn(
    process.execPath,
    [`${inject('built')}/bin/sediment.mjs`, 'worker', '--config', writeConfig(wire)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TEMPORAL_ADDRESS: inject('stack').temporal.address, TEMPORAL_NAMESPACE: world.name },
    },
  );
  workers.push({ child, wire });
  const said = text(child.stderr);
  const ended = once(child, 'exit').then(async () => {
    throw new Error(`the worker ended by itself: ${await said}`);
  });
  ended.catch(() => undefined);
  return {
    async killAtPlaces() {
      const all = async () => standing.size === standAt.length || undefined;
      await Promise.race([eventually(all, `${standAt.join(' and ')}; ${[...standing].join()} alone`, 120), ended]);
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
      alive.abort();
      await wire.close();
      await handOver();
    },
  };
}

/** Temporal waits ten seconds for a dead worker to go on with a workflow that it had in hand, before another gets it. */
async function handOver(): Promise<void> {
  for await (const { workflowId, runId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' }))
    await connection.workflowService.resetStickyTaskQueue({
      namespace: world.name,
      execution: { workflowId, runId },
    });
}

async function stateOf({ key }: SmallDay): Promise<string | undefined> {
  return (await world.ledger.readPartition(key))?.state;
}

test('a worker that is killed in each activity of the job is followed by another, and the account balances (P7, P10, P57, P62)', async () => {
  const one = await writeDay(world, 'one');
  const other = await writeDay(world, 'other');
  const source = world.config.source.name;
  const archive = ({ table, input }: SmallDay) =>
    client.workflow.start(archiveTable, {
      ...startOptions,
      workflowId: `archive/${table}`,
      args: [{ source, ...input, timeouts }],
    });
  const purge = ({ table, input }: SmallDay) =>
    client.workflow.start(purgeTable, {
      ...startOptions,
      workflowId: `purge/${table}`,
      args: [{ source, table: input.table, cutoff: '2026-06-01', timeouts }],
    });

  const archives = [await archive(one), await archive(other)];
  const exporting = await startWorker([
    // A page that isn't the first, and the completion of a part that isn't.
    /^sql SELECT .*`one` FORCE .* > .* LIMIT \d+$/,
    /^s3 POST .*\/other\/.*\.00001\.e1\.csv\.gz\?uploadId=/,
  ]);
  await exporting.killAtPlaces();
  expect([await stateOf(one), await stateOf(other)]).toEqual(['exporting', 'exporting']);

  const proving = await startWorker([
    /^s3 GET .*\/one\/.*\.csv\.gz\?versionId=/,
    /^s3 POST .*\/other\/.*\/_manifest\.json\?uploadId=/,
  ]);
  await proving.killAtPlaces();
  expect([await stateOf(one), await stateOf(other)]).toEqual(['exported', 'verified']);

  const salt = (await world.ledger.readPartition(one.key))?.salt;
  const purging = await startWorker([
    new RegExp(`^sql CALL .*${salt}`),
    // The exports are over: such a part is a heal's.
    /^s3 POST .*\/other\/.*\.csv\.gz\?uploadId=/,
  ]);
  for (const each of archives) await each.result();
  // The last chunk drifts, so that the heal comes in the middle of the purge.
  await drift(world, other.table);
  const written = await linesOfTable(world, other.table);
  const purges = [await purge(one), await purge(other)];
  await purging.killAtPlaces();
  expect([await stateOf(one), await stateOf(other)]).toEqual(['purging', 'purging']);

  await startWorker();
  for (const each of purges) await each.result();
  expect(imbalances(await accountOf(world, one), one.written)).toEqual([]);
  expect(imbalances(await accountOf(world, other), written)).toEqual([]);
}, 300_000);
