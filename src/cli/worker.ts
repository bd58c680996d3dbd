import type { Config } from '../config/load.ts';
import { Source } from '../job/source.ts';
import { installRuntime } from '../telemetry/runtime.ts';
import { startWorkers } from '../worker.ts';
import { freshBundle } from '../workflowBundle.ts';
import { temporalAddress, temporalOptions, withClient } from './connect.ts';
import { type CommonOptions, exitCodes } from './output.ts';

/** Runs a worker until SIGINT or SIGTERM; a slice in flight ends at its next transaction. */
export async function worker(config: Config, _options: CommonOptions): Promise<number> {
  const runtime = installRuntime(config);
  try {
    // A worker that can't reach one of its servers fails here with one line, and doesn't look as if it worked.
    await withClient(async () => undefined);
    await checkSource(config);
    const workers = await startWorkers(config, { ...temporalOptions(), bundle: await freshBundle(), gauges: true });
    runtime.logger.info(`works on ${temporalAddress().address}; SIGTERM or Ctrl-C ends it`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => workers.shutdown());
    await workers.run;
    return exitCodes.ok;
  } finally {
    // Temporal's native runtime keeps the process alive and buffers the last log lines.
    await runtime.shutdown();
  }
}

async function checkSource(config: Config): Promise<void> {
  const source = new Source(config);
  try {
    // Reads any key. A missing object is fine; a missing or refusing bucket throws.
    await source.store.head('_sediment.json');
    (await source.open('READ COMMITTED')).close();
  } finally {
    source.close();
  }
}
