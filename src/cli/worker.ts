import type { Config } from '../config/load.ts';
import { Source } from '../job/source.ts';
import { installRuntime } from '../telemetry/runtime.ts';
import { startWorkers } from '../worker.ts';
import { freshBundle } from '../workflowBundle.ts';
import { temporalAddress, temporalOptions, withClient } from './connect.ts';
import { type CommonOptions, exitCodes } from './output.ts';

/** Works until SIGINT or SIGTERM; a slice under way ends at its next transaction. */
export async function worker(config: Config, _options: CommonOptions): Promise<number> {
  const runtime = installRuntime(config);
  try {
    // Said before the start, in one line each: a worker that can't work should not look as if it did.
    await withClient(async () => undefined);
    await lookAtSource(config);
    const workers = await startWorkers(config, { ...temporalOptions(), bundle: await freshBundle(), gauges: true });
    runtime.logger.info(`works on ${temporalAddress().address}; SIGTERM or Ctrl-C ends it`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => workers.shutdown());
    await workers.run;
    return exitCodes.ok;
  } finally {
    // Its native part keeps the process up, and the log's last lines back.
    await runtime.shutdown();
  }
}

async function lookAtSource(config: Config): Promise<void> {
  const source = new Source(config);
  try {
    // Any key: that it isn't there is fine, that the bucket isn't, or refuses, is said. Nothing is written.
    await source.store.head('_sediment.json');
    (await source.open('READ COMMITTED')).close();
  } finally {
    source.close();
  }
}
