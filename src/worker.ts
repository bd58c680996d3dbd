import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import { Source } from './activities/source.ts';
import type { Config } from './config/load.ts';

export interface WorkerOptions {
  address: string;
  namespace: string;
  /** A bundle built ahead; left out, it is built at the start. */
  bundle?: WorkflowBundleOption;
}

/** A source's two workers: workflows on the queue `sediment`, activities on the source's own. `run` ends when `shutdown` is done. */
export async function startWorkers(
  config: Config,
  options: WorkerOptions,
): Promise<{ run: Promise<void>; shutdown(): void }> {
  const connection = await NativeConnection.connect({ address: options.address });
  const source = new Source(config);
  // Before any activity: a backfill may be the first thing that is ever run.
  await source.withLedger((ledger) => ledger.migrate());
  const workflowsPath = fileURLToPath(new URL('./workflows/index.ts', import.meta.url));
  const workflowBundle = options.bundle ?? (await bundleWorkflowCode({ workflowsPath }));
  // A grace time of 0: a slice hears of the shutdown at once, and ends at its next transaction.
  const shared = { connection, namespace: options.namespace, shutdownGraceTime: 0, shutdownForceTime: '20s' };
  const workers = [
    await Worker.create({ ...shared, taskQueue: 'sediment', workflowBundle }),
    await Worker.create({
      ...shared,
      taskQueue: `sediment-${config.source.name}`,
      activities: createActivities(source),
      maxConcurrentActivityTaskExecutions: 8,
      maxHeartbeatThrottleInterval: '2s',
    }),
  ];
  const run = Promise.all(workers.map((worker) => worker.run())).then(async () => {
    source.close();
    await connection.close();
  });
  return { run, shutdown: () => workers.forEach((worker) => void worker.shutdown()) };
}
