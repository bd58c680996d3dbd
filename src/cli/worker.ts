import { DefaultLogger, Runtime } from '@temporalio/worker';
import { Source } from '../activities/source.ts';
import type { Config } from '../config/load.ts';
import { startWorkers } from '../worker.ts';
import { type CommonOptions, exitCodes, temporalAddress, temporalOptions, withClient } from './context.ts';

/** Works until SIGINT or SIGTERM; a slice under way ends at its next transaction. */
export async function worker(config: Config, _options: CommonOptions): Promise<number> {
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
  // Said before the start, in one line each: a worker that can't work should not look as if it did.
  await withClient(async () => undefined);
  const source = new Source(config);
  // Any key: that it isn't there is fine, that the bucket isn't, or refuses, is said. Nothing is written.
  await source.store.head('_sediment.json');
  (await source.open('READ COMMITTED')).close();
  source.close();
  const workers = await startWorkers(config, temporalOptions());
  process.stderr.write(`sediment: works for ${config.source.name} on ${temporalAddress().address}; Ctrl-C ends it\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => workers.shutdown());
  await workers.run;
  return exitCodes.ok;
}
