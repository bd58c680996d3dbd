import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { addDays } from '../src/model/day.ts';
import { registerSearchAttributes } from '../src/searchAttributes.ts';
import { buildBundle } from '../src/workflowBundle.ts';
import { stackFolder } from '../stack/fetch.ts';
import type { Server } from '../stack/process.ts';
import { startTemporal } from '../stack/temporal.ts';
import { type Fleet, firstDay, fleetActivities, startSeen } from './fleet.ts';
import { type Histories, measureHistories } from './histories.ts';

/** Half of what Temporal allows one run: 51,200 events and 50 MiB; our own bound for a payload; and places at once. */
const goals = { events: 25_600, bytes: 25 << 20, payload: 100_000, atOnce: 20 };
const concurrency = goals.atOnce;

interface Scenario {
  type: string;
  input: object;
  fleet: Fleet;
}

const scenarios: Record<string, (rows: number) => Scenario> = {
  'tables-5000': () => ({
    type: 'dailyArchive',
    input: { day: firstDay, concurrency },
    fleet: { tables: 5_000, days: 1, rows: 0, troubled: false },
  }),
  'days-30': () => ({
    type: 'backfill',
    input: { from: firstDay, to: addDays(firstDay, 29), concurrency },
    fleet: { tables: 20, days: 30, rows: 0, troubled: false },
  }),
  'troubled-1000': () => ({
    type: 'dailyArchive',
    input: { day: firstDay, concurrency },
    fleet: { tables: 1_000, days: 1, rows: 0, troubled: true },
  }),
  purge: (rows) => ({
    type: 'purgeTable',
    input: { table: 'shop.orders', cutoff: '2026-12-01', searchAttributes: true },
    fleet: { tables: 1, days: 50, rows, troubled: false },
  }),
};

export interface ScaleResult {
  scenario: string;
  seconds: number;
  archivedDays: number;
  deleted: number;
  /** Exports, verifications and commits. */
  mostAtOnce: number;
  histories: Record<string, Histories>;
}

/** Runs the real workflows over a fleet whose activities answer at once, and reports what Temporal has to store. */
export const scaleBench = {
  rows: 10_000_000_000,
  names: Object.keys(scenarios),
  async survey(rows: number, only: readonly string[] | undefined, tell: (line: string) => void) {
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    const folder = join(stackFolder, `scale-${process.pid}`);
    mkdirSync(folder, { recursive: true });
    const servers: Server[] = [];
    try {
      const { address } = await startTemporal(folder, (server) => servers.push(server));
      const workflowBundle = await buildBundle();
      const results: ScaleResult[] = [];
      for (const [name, make] of Object.entries(scenarios))
        if (!only || only.includes(name)) results.push(await run({ address, workflowBundle }, name, make(rows), tell));
      const missed = results.flatMap(missedBy);
      return { report: { bench: 'scale', goals, results, missed }, text: textOf(results, missed), missed };
    } finally {
      for (const server of servers) await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function run(
  { address, workflowBundle }: { address: string; workflowBundle: WorkflowBundle },
  name: string,
  { type, input, fleet }: Scenario,
  tell: (line: string) => void,
): Promise<ScaleResult> {
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 1000);
  const seen = startSeen();
  const ticking = setInterval(
    () => tell(`${name}: ${seen.archivedDays} days archived, ${seen.slices} slices, ${seconds()} s`),
    15_000,
  );
  const [native, connection] = [await NativeConnection.connect({ address }), await Connection.connect({ address })];
  const namespace = name;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  await registerSearchAttributes(connection, namespace);
  const client = new Client({ connection, namespace });
  const shared = { connection: native, namespace };
  const workers = [
    await Worker.create({ ...shared, taskQueue: 'sediment', workflowBundle, maxCachedWorkflows: 200 }),
    await Worker.create({ ...shared, taskQueue: 'sediment-bank', activities: fleetActivities(fleet, seen) }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    await client.workflow.execute(type, {
      taskQueue: 'sediment',
      workflowId: name,
      args: [{ source: 'bank', ...input }],
    });
    tell(`${name}: done after ${seconds()} s, measuring its histories`);
    const histories = await measureHistories(client);
    const { archivedDays, deleted, mostInFlight: mostAtOnce } = seen;
    return { scenario: name, seconds: seconds(), archivedDays, deleted, mostAtOnce, histories };
  } finally {
    clearInterval(ticking);
    for (const worker of workers) worker.shutdown();
    await running;
    await Promise.all([native.close(), connection.close()]);
  }
}

function missedBy({ scenario, mostAtOnce, histories }: ScaleResult): string[] {
  const over = Object.entries(histories).flatMap(([type, { mostEvents, mostBytes, largestPayload }]) => [
    ...(mostEvents > goals.events ? [`${type}: ${mostEvents} events`] : []),
    ...(mostBytes > goals.bytes ? [`${type}: ${mostBytes} bytes of history`] : []),
    ...(largestPayload > goals.payload ? [`${type}: a payload of ${largestPayload} bytes`] : []),
  ]);
  if (mostAtOnce > goals.atOnce) over.push(`${mostAtOnce} days at once`);
  return over.map((each) => `${scenario}: ${each}`);
}

function textOf(results: readonly ScaleResult[], missed: readonly string[]): string {
  const count = (value: number) => value.toLocaleString('en').padStart(12);
  const head = ['runs', 'as new', 'events', 'most', 'bytes', 'payload'].map((word) => word.padStart(12)).join('');
  const lines = results.flatMap(({ scenario, seconds, archivedDays, deleted, mostAtOnce, histories }) => [
    `${scenario}: ${archivedDays.toLocaleString('en')} days archived, ${deleted.toLocaleString('en')} rows deleted, ${mostAtOnce} days at once, ${seconds} s`,
    `  ${'workflow'.padEnd(14)}${head}`,
    ...Object.entries(histories).map(
      ([type, each]) =>
        `  ${type.padEnd(14)}${[each.runs, each.continuedAsNew, each.events, each.mostEvents, each.mostBytes, each.largestPayload].map(count).join('')}`,
    ),
    '',
  ]);
  return [...lines, missed.length === 0 ? 'every goal met' : `missed: ${missed.join('; ')}`].join('\n');
}
