// A simulated fleet: the real workflows over activities that answer at once. Tells what Temporal has to hold.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities } from '../src/activities/index.ts';
import type { TablePlan } from '../src/activities/planPage.ts';
import { addDays, type Day, parseDay } from '../src/archive/day.ts';
import { buildBundle } from '../src/workflowBundle.ts';
import { stackFolder } from '../stack/fetch.ts';
import type { Server } from '../stack/process.ts';
import { startTemporal } from '../stack/temporal.ts';

/** Half of what Temporal allows one run: 51,200 events and 50 MiB; and our own bound for a payload. */
const bounds = { events: 25_600, bytes: 25 << 20, payload: 100_000 };
const tablesAPage = 200;
/** A slice of five minutes at 10,000 rows a second. */
const rowsASlice = 3_000_000;
const rowsADay = 200_000_000;
const first = parseDay('2026-09-01');

interface Fleet {
  tables: number;
  days: number;
  /** Of the one table that is purged. */
  rows: number;
}

/** What was seen of a fleet's activities. */
const seen = { inFlight: 0, mostInFlight: 0, deleted: 0 };

function fakes(fleet: Fleet): Activities {
  const name = (index: number) => `shop.orders_of_tenant_${String(index).padStart(5, '0')}`;
  const page = (after: string | undefined) => {
    const begin = after === undefined ? 0 : Number(after.slice(-5)) + 1;
    const end = Math.min(begin + tablesAPage, fleet.tables);
    const days = [{ from: first, to: addDays(first, fleet.days - 1) }];
    const tables = Array.from({ length: end - begin }, (_, index): TablePlan => ({ table: name(begin + index), days }));
    return { tables, searchAttributes: false, ...(end < fleet.tables ? { after: name(end - 1) } : {}) };
  };
  const partition = { rows: 1_000_000, parts: 1, chunks: 250, objects: 2, bytes: 40_000_000, archived: false };
  return {
    archiveUndated: async () => ({ rows: 0, unchanged: true }),
    deployProcedures: async () => ({ created: 0, present: fleet.tables, failed: {} }),
    planDay: async ({ after }) => page(after),
    planBackfill: async ({ after }) => page(after),
    exportPartition: async () => {
      seen.mostInFlight = Math.max(seen.mostInFlight, ++seen.inFlight);
      return partition;
    },
    verifyPartition: async () => partition,
    commitManifest: async () => {
      seen.inFlight--;
      return partition;
    },
    purgeSlice: async () => {
      const left = fleet.rows - seen.deleted;
      if (left <= 0) return { done: true, deleted: 0 };
      const deleted = Math.min(rowsASlice, left);
      const day = addDays(first, Math.floor(seen.deleted / rowsADay)) as Day;
      seen.deleted += deleted;
      return { done: false, day, deleted };
    },
    healPartition: async () => ({ added: 0, changed: 0, removed: 0, parts: 0, left: 0 }),
    planHeal: () => Promise.reject(new Error('nobody heals here')),
    planAudit: async () => ({ tables: [], searchAttributes: false }),
    auditPartition: async () => ({ rows: 0, bytes: 0, finding: null }),
    holdTable: () => Promise.reject(new Error('nobody pauses here')),
    releaseTable: () => Promise.reject(new Error('nobody resumes here')),
  };
}

interface Scenario {
  name: string;
  type: string;
  input: object;
  fleet: Fleet;
}

const scenarios: Scenario[] = [
  {
    name: '5,000 tables, a day',
    type: 'dailyArchive',
    input: { day: first, concurrency: 20 },
    fleet: { tables: 5_000, days: 1, rows: 0 },
  },
  {
    name: '20 tables, 30 days',
    type: 'backfill',
    input: { from: first, to: addDays(first, 29), concurrency: 20 },
    fleet: { tables: 20, days: 30, rows: 0 },
  },
  {
    name: 'a purge of 10,000,000,000 rows',
    type: 'purgeTable',
    input: { table: 'shop.orders', cutoff: '2026-11-01' },
    fleet: { tables: 1, days: 50, rows: 10_000_000_000 },
  },
];

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
const folder = join(stackFolder, `scale-${process.pid}`);
mkdirSync(folder, { recursive: true });
const servers: Server[] = [];
try {
  const { address } = await startTemporal(folder, (server) => servers.push(server));
  const workflowBundle = await buildBundle();
  const chosen = process.argv.slice(2).map(Number);
  for (const [index, scenario] of scenarios.entries()) {
    if (chosen.length > 0 && !chosen.includes(index + 1)) continue;
    const began = performance.now();
    const found = await run(address, workflowBundle, scenario, `scale-${index}`);
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(`${JSON.stringify({ scenario: scenario.name, seconds, ...found })}\n`);
    const over =
      found.mostEvents > bounds.events || found.mostBytes > bounds.bytes || found.largestPayload > bounds.payload;
    if (over) process.exitCode = 1;
  }
} finally {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function run(address: string, workflowBundle: { code: string }, scenario: Scenario, source: string) {
  Object.assign(seen, { inFlight: 0, mostInFlight: 0, deleted: 0 });
  const [native, connection] = [await NativeConnection.connect({ address }), await Connection.connect({ address })];
  const client = new Client({ connection });
  const activities = fakes(scenario.fleet);
  const workers = [
    await Worker.create({ connection: native, taskQueue: 'sediment', workflowBundle, maxCachedWorkflows: 200 }),
    await Worker.create({ connection: native, taskQueue: `sediment-${source}`, activities: { ...activities } }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  const handle = await client.workflow.start(scenario.type, {
    taskQueue: 'sediment',
    workflowId: source,
    args: [{ source, ...scenario.input }],
  });
  const result = (await handle.result()) as { archivedDays?: number; deleted?: number };
  const found = await measure(client, source);
  for (const worker of workers) worker.shutdown();
  await running;
  await Promise.all([native.close(), connection.close()]);
  return { archivedDays: result.archivedDays, deleted: result.deleted, mostAtOnce: seen.mostInFlight, ...found };
}

/** Over every run of the workflow: it goes on as new. */
async function measure(client: Client, workflowId: string) {
  const found = { runs: 0, events: 0, mostEvents: 0, mostBytes: 0, largestPayload: 0 };
  let runId: string | undefined = (await client.workflow.getHandle(workflowId).describe()).raw.workflowExecutionInfo
    ?.firstRunId as string | undefined;
  while (runId) {
    const { historyLength, historySize } = await client.workflow.getHandle(workflowId, runId).describe();
    const { events = [] } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    found.runs++;
    found.events += historyLength;
    found.mostEvents = Math.max(found.mostEvents, historyLength);
    found.mostBytes = Math.max(found.mostBytes, Number(historySize ?? 0));
    found.largestPayload = Math.max(found.largestPayload, largest(events));
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return found;
}

/** The longest bytes anywhere in the events: payloads are the only long ones. */
function largest(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Math.max(0, ...Object.values(value).map(largest));
}
