import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { archiveTable } from '../../src/workflows/index.ts';
import { writeDay, writeSeed } from '../support/crashedDay.ts';
import { eventually } from '../support/eventually.ts';
import { type SqlProxy, sqlProxy } from '../support/proxy.ts';
import { type Fate, Wire } from '../support/wire.ts';
import { WorkerProcess } from '../support/worker.ts';
import { makeWorld, type World } from '../support/world.ts';

/** deploy/kubernetes/worker.yaml kills it then. */
const graceMillis = 30_000;

let connection: Connection;
const worlds: World[] = [];
const workers: WorkerProcess[] = [];
const proxies: SqlProxy[] = [];

beforeAll(async () => {
  connection = await Connection.connect({ address: inject('stack').temporal.address });
});
afterAll(async () => {
  for (const each of workers) each.kill();
  for (const each of worlds) each.close();
  for (const each of proxies) await each.close();
  await connection?.close();
});

/** A worker that is in the middle of a day's export when `hushed` falls silent. */
async function workerBefore(hushed: 'mysql' | 's3' | 'temporal') {
  const world = await makeWorld('mysql');
  worlds.push(world);
  await writeSeed(world);
  const { input } = await writeDay(world, 'one');
  await connection.workflowService.registerNamespace({
    namespace: world.name,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const temporal = await sqlProxy(Number(inject('stack').temporal.address.split(':')[1]));
  proxies.push(temporal);
  let fallen = false;
  const wire = await Wire.open(world.config, (_, what): Fate => {
    const here = hushed === 's3' ? /^s3 POST .*one.*csv\.gz/ : /^sql SELECT .*`one` FORCE/;
    if (!fallen && here.test(what)) {
      fallen = true;
      if (hushed === 'temporal') temporal.hush();
      if (hushed === 'mysql') wire.hush();
    }
    return fallen && hushed === 's3' && what.startsWith('s3') ? 'silent' : 'answered';
  });
  const { source, store } = wire.config;
  const worker = new WorkerProcess(
    `
source: { name: ${source.name}, url: "mysql://root@127.0.0.1:${source.port}", ledger: ${source.ledger} }
store: { bucket: ${store.bucket}, region: us-east-1, endpoint: "${store.endpoint}", forcePathStyle: true }
defaults: { purge: enabled, pace: full, timeColumn: t, chunkRows: 360, partBytes: 4500 }
tables: [{ table: ${world.name}.one }]
`,
    { TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}`, TEMPORAL_NAMESPACE: world.name },
  );
  workers.push(worker);
  await eventually(async () => worker.output.includes('works on') || undefined, `the worker: ${worker.output}`, 60);
  const client = new Client({ connection, namespace: world.name });
  await client.workflow.start(archiveTable, {
    taskQueue: 'sediment',
    workflowId: 'archive',
    args: [{ source: source.name, ...input }],
  });
  await eventually(async () => fallen || undefined, `silence: ${worker.output}`, 60);
  return worker;
}

describe.concurrent('a worker whose server falls silent in the middle of its work', () => {
  test.each(['mysql', 's3', 'temporal'] as const)(
    'ends within its grace time after SIGTERM: %s (P90)',
    async (hushed) => {
      const worker = await workerBefore(hushed);
      const asked = Date.now();
      await worker.stop();
      expect(Date.now() - asked).toBeLessThan(graceMillis);
    },
    180_000,
  );
});

test('a worker that is started before its servers waits for them, says which and for how long, and then works', async () => {
  const world = await makeWorld('mysql');
  worlds.push(world);
  await connection.workflowService.registerNamespace({
    namespace: world.name,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const { mysql, temporal, s3 } = inject('stack');
  const resets = await sqlProxy(mysql.port);
  proxies.push(resets);
  resets.refuse(true);
  const worker = new WorkerProcess(
    `
source: { name: ${world.name}, url: "mysql://root@127.0.0.1:${resets.port}", ledger: ${world.name}_ledger }
store: { bucket: ${world.name}, region: us-east-1, endpoint: "${s3.endpoint}", forcePathStyle: true }
tables: [{ table: ${world.name}.one, timeColumn: t }]
`,
    { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: world.name },
  );
  workers.push(worker);
  const waits = new RegExp(`waits for mysql 127.0.0.1:${resets.port}, for \\d+ s of at most 300 s: .*ECONNRESET`);
  await eventually(async () => waits.test(worker.output) || undefined, 'the line that says so', 60);
  resets.refuse(false);
  await eventually(async () => worker.output.includes('works on') || undefined, 'the start', 60);
  expect(await worker.stop()).toBe(0);
}, 180_000);
