import { Client } from '@temporalio/client';
import {
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import type { Config } from './config/load.ts';
import { startDigestThreads } from './export/digestPool.ts';
import { Source } from './job/source.ts';
import { recordPolicies } from './ledger/policies.ts';
import { scheduleCounts } from './schedules.ts';
import { activityTelemetry } from './telemetry/activityTelemetry.ts';
import { keepGauges } from './telemetry/gauges.ts';
import { buildBundle } from './workflowBundle.ts';

/** Temporal's address, TLS and API key, and the worker's own settings. */
export interface WorkerOptions extends NativeConnectionOptions {
  namespace: string;
  /** A bundle built ahead; left out, it is built at the start. */
  bundle?: WorkflowBundleOption;
  /** Whether this worker keeps the gauges of the backlog, from the ledger. Default false. */
  gauges?: boolean;
}

/** Activities at once where MySQL sets no limit to the user's connections. */
const defaultSlots = 8;
/** An export's: its ledger's and two that read. No other activity has more. */
const connectionsAnActivity = 3;

/**
 * Activities that a worker runs at once: eight, or fewer where the MySQL user's MAX_USER_CONNECTIONS wouldn't let each
 * have three connections. Several workers of a source share that limit; give the user as much as they need together.
 *
 * @param maxUserConnections 0 for no limit
 */
export function activitySlots(maxUserConnections: number): number {
  if (maxUserConnections <= 0) return defaultSlots;
  return Math.max(1, Math.min(defaultSlots, Math.floor(maxUserConnections / connectionsAnActivity)));
}

/** A source's two workers: workflows on the queue `sediment`, activities on the source's own. `run` ends when `shutdown` is done. */
export async function startWorkers(
  config: Config,
  { namespace, bundle, gauges: withGauges = false, ...reach }: WorkerOptions,
): Promise<{ run: Promise<void>; shutdown(): void }> {
  const connection = await NativeConnection.connect(reach);
  const source = new Source(config);
  // Before any activity: a backfill may be the first thing that is ever run.
  const slots = await source.withLedger(async (ledger) => {
    await ledger.migrate();
    await recordPolicies(ledger, config.tables);
    return activitySlots(ledger.session.maxUserConnections);
  });
  const [workflowBundle] = await Promise.all([bundle ?? buildBundle(), startDigestThreads()]);
  // A grace time of 0: a slice hears of the shutdown at once, and ends at its next transaction.
  const shared = { connection, namespace, shutdownGraceTime: 0, shutdownForceTime: '20s' };
  const workers = [
    await Worker.create({ ...shared, taskQueue: 'sediment', workflowBundle }),
    await Worker.create({
      ...shared,
      taskQueue: `sediment-${config.source.name}`,
      activities: createActivities(source),
      interceptors: { activity: [activityTelemetry(config.source.name)] },
      maxConcurrentActivityTaskExecutions: slots,
      maxHeartbeatThrottleInterval: '2s',
    }),
  ];
  const ended = new AbortController();
  const { logger, metricMeter: meter } = Runtime.instance();
  const client = new Client({ connection, namespace });
  const schedule = () => scheduleCounts(client, config.source.name);
  const gauges = withGauges ? keepGauges({ config, meter, logger, schedule }, ended.signal) : Promise.resolve();
  const run = Promise.all(workers.map((worker) => worker.run())).then(async () => {
    ended.abort();
    await gauges;
    source.close();
    await connection.close();
  });
  return { run, shutdown: () => workers.forEach((worker) => void worker.shutdown()) };
}
