import { Runtime } from '@temporalio/worker';
import type { Config } from '../config/load.ts';
import { createLogger, logLevel } from './logger.ts';

/** The metrics' address can't be had. */
export class MetricsUnbound extends Error {
  override readonly name = 'MetricsUnbound';
  constructor(
    readonly bind: string,
    cause: unknown,
  ) {
    super(
      `metrics: ${bind} can't be bound (${cause instanceof Error ? cause.message : cause}). Name another by metrics.bind or SEDIMENT_METRICS, or leave both out for none.`,
      { cause },
    );
  }
}

/** Every text that a worker knows and nobody else may: passwords, keys, tokens. */
export function secretsOf(config: Config, env: NodeJS.ProcessEnv = process.env): string[] {
  const names = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'TEMPORAL_API_KEY'];
  return [config.source.password, ...names.map((name) => env[name] ?? '')].filter((secret) => secret !== '');
}

/**
 * Temporal's runtime, once a process and before anything else of it: its lines and ours go through one logger to
 * standard error, its metrics and ours to one endpoint, `/metrics` at `config.metrics.bind` where that is given.
 *
 * @throws UnknownLogLevel, MetricsUnbound
 */
export function installRuntime(config: Config): Runtime {
  const logger = createLogger({
    source: config.source.name,
    level: logLevel(),
    readable: process.stderr.isTTY ?? false,
    secrets: secretsOf(config),
    write: (line) => process.stderr.write(line),
  });
  const { bind } = config.metrics;
  try {
    return Runtime.install({
      logger,
      shutdownSignals: [],
      telemetryOptions: {
        logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
        ...(bind ? { metrics: { prometheus: { bindAddress: bind }, attachServiceName: false } } : {}),
      },
    });
  } catch (cause) {
    throw bind ? new MetricsUnbound(bind, cause) : cause;
  }
}
