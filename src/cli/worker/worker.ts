import type { Logger } from '@temporalio/common';
import { runningAttempts } from '../../activities/progress.ts';
import type { Config } from '../../config/load.ts';
import { Source } from '../../job/source.ts';
import { openEndpoint } from '../../telemetry/endpoint.ts';
import { installRuntime } from '../../telemetry/runtime.ts';
import { startWorkers } from '../../worker.ts';
import { freshBundle } from '../../workflowBundle.ts';
import { temporalAddress, temporalOptions, withClient } from '../connect.ts';
import { type CommonOptions, exitCodes } from '../output.ts';
import { parseWait } from '../text/duration.ts';
import { awaitServers } from './awaitServers.ts';
import { readinessOf } from './readinessOf.ts';

/** After a signal, or an end by itself. Less than the grace time of deploy/kubernetes/worker.yaml, after which it is killed. */
const endMillis = 25_000;

export interface WorkerCommandOptions extends CommonOptions {
  /** How long its servers are waited for at the start. */
  wait?: string;
}

export function checkWorker(options: WorkerCommandOptions): void {
  waitOf(options);
}

function waitOf({ wait = '5m' }: WorkerCommandOptions): number {
  return parseWait(wait, '--wait').total('milliseconds');
}

/** Runs a worker until SIGINT or SIGTERM; a slice in flight ends at its next transaction. */
export async function worker(config: Config, options: WorkerCommandOptions): Promise<number> {
  const forMillis = waitOf(options);
  const { bind } = config.metrics;
  const readiness = readinessOf(config);
  const endpoint = bind ? await openEndpoint(bind, readiness) : undefined;
  const runtime = installRuntime(config, endpoint?.metricsAddress);
  const { logger } = runtime;
  const ended = new AbortController();
  try {
    await awaitServers(
      [
        { address: `temporal ${temporalAddress().address}`, reach: () => withClient(async () => undefined) },
        { address: `mysql ${config.source.host}:${config.source.port}`, reach: () => reachMysql(config) },
        { address: `s3 ${config.store.endpoint ?? config.store.region}`, reach: () => reachStore(config) },
      ],
      { logger, forMillis },
    );
    const workers = await startWorkers(config, { ...temporalOptions(), bundle: await freshBundle(), gauges: true });
    logger.info(`works on ${temporalAddress().address}; SIGTERM or Ctrl-C ends it`);
    if (endpoint) void readiness.keepAsking(logger, ended.signal);
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        workers.shutdown();
        endInTime(logger);
      });
    await workers.run;
    return exitCodes.ok;
  } finally {
    ended.abort();
    endpoint?.close();
    endInTime(logger);
    // Temporal's native runtime keeps the process alive and buffers the last log lines.
    await runtime.shutdown();
  }
}

/** Whatever still waits for a server that has fallen silent, the process ends: a fence shuts out what it left behind. */
function endInTime(logger: Logger): void {
  // Keeps no process alive that has ended its work.
  setTimeout(() => {
    const left = runningAttempts();
    logger.error(`ends after ${endMillis / 1000} s with work that doesn't end: ${left.join('; ') || 'a connection'}`);
    process.exit(exitCodes.failed);
  }, endMillis).unref();
}

async function reachMysql(config: Config): Promise<void> {
  const source = new Source(config);
  try {
    (await source.open('READ COMMITTED')).close();
  } finally {
    source.close();
  }
}

/** Reads any key. A missing object is fine; a missing or refusing bucket throws. */
async function reachStore(config: Config): Promise<void> {
  const source = new Source(config);
  try {
    await source.store.head('_sediment.json');
  } finally {
    source.close();
  }
}
