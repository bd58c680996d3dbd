import { randomBytes } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import type { Activities } from '../../src/activities/index.ts';
import type { Day } from '../../src/model/day.ts';
import { registerSearchAttributes } from '../../src/searchAttributes.ts';
import { quietRuntime } from './quietRuntime.ts';

/** A namespace and a source of a test's own on the real Temporal server. */
export interface Scene {
  client: Client;
  connection: Connection;
  namespace: string;
  source: string;
  /** A worker for workflows and for activities that answer as the test says: for orders of events that no real server can be made to keep. */
  work(activities: Partial<Activities>): Promise<void>;
  /** Workflow ids that are open, or closed, of a type. */
  ids(query: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function makeScene({ searchAttributes = true } = {}): Promise<Scene> {
  quietRuntime();
  const { address } = inject('stack').temporal;
  const name = `s${randomBytes(5).toString('hex')}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace: name,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  if (searchAttributes) await registerSearchAttributes(connection, name);
  const client = new Client({ connection, namespace: name });
  const native = await NativeConnection.connect({ address });
  const running: { worker: Worker; run: Promise<void> }[] = [];
  const start = async (options: Parameters<typeof Worker.create>[0]) => {
    const worker = await Worker.create({ connection: native, namespace: name, shutdownForceTime: '5s', ...options });
    running.push({ worker, run: worker.run() });
  };
  return {
    client,
    connection,
    namespace: name,
    source: name,
    async work(activities) {
      await start({ taskQueue: 'sediment', workflowBundle: { codePath: inject('bundle') } });
      await start({ taskQueue: `sediment-${name}`, activities, maxHeartbeatThrottleInterval: '200ms' });
    },
    async ids(query) {
      const found: string[] = [];
      for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
      return found.sort();
    },
    async close() {
      for (const { worker } of running) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.allSettled(running.map(({ run }) => run));
      await native.close();
      await connection.close();
    },
  };
}

/** A promise that the test settles. */
export function gate<T = void>(): { promise: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** What a source with nothing to do answers. */
export const idleActivities: Activities = {
  deployProcedures: async () => ({ created: 0, present: 0, removed: 0, failed: {} }),
  planDay: async () => ({ tables: [], searchAttributes: false }),
  planBackfill: async () => ({ tables: [], searchAttributes: false }),
  planAudit: async () => ({ tables: [], searchAttributes: true }),
  planHeal: async () => ({ cutoff: '2026-09-01' as Day, policyHash: 'c0ffee', purge: true, searchAttributes: true }),
  exportPartition: async () => ({ rows: 10, parts: 1, archived: false }),
  verifyPartition: async () => ({ rows: 10, chunks: 1 }) as never,
  commitManifest: async () => ({ rows: 10, objects: 3, bytes: 100 }),
  archiveUndated: async () => ({ rows: 0, unchanged: true }),
  purgeSlice: async () => ({ done: true, deleted: 0 }),
  healPartition: async () => ({ added: 1, changed: 2, removed: 0, parts: 1, left: 0 }),
  auditPartition: async () => ({ rows: 10, bytes: 100, finding: null }),
  auditFolders: async () => ({}),
  expireArchive: async () => ({ days: 0, bytes: 0, versions: 0, refused: {} }),
  prepareRestore: async ({ from }) => ({
    ...{ target: 'shop.back', days: [from as Day], done: [], rows: 10, bytes: 100, missing: [] },
    searchAttributes: true,
  }),
  restorePartition: async () => ({ rows: 10, bytes: 100, seconds: 1 }),
  preparePutBack: async ({ from }) => ({
    ...{ target: 'shop.orders', days: [from as Day], done: [], rows: 10, bytes: 100, missing: [] },
    until: '2026-12-24T00:00:00.000000Z',
    searchAttributes: true,
  }),
  putBackPartition: async () => ({ rows: 10, bytes: 100, seconds: 1, there: 0, differing: 0, examples: [] }),
  planDrill: async () => ({
    drills: [{ table: 'shop.orders', day: '2026-07-30' as Day, target: 'drills.shop_orders' }],
    without: [],
  }),
  endDrill: async () => undefined,
  holdTable: async () => ({ day: null, cursor: null, rowsLeft: 0, held: null }),
  releaseTable: async () => ({ day: null, cursor: null, rowsLeft: 0, held: null }),
  readHold: async () => ({ day: null, cursor: null, rowsLeft: 0, held: null, hold: null }),
};

/** Runs a workflow of the scene to its end. */
export function handleOf(scene: Scene, workflowId: string): WorkflowHandle {
  return scene.client.workflow.getHandle(workflowId);
}
