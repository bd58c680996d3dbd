import { Runtime } from '@temporalio/worker';
import type { Config } from '../config/load.ts';
import { messageOf } from '../model/error.ts';
import { createLogger, logLevel } from './logger.ts';

/** The metrics' address can't be bound. */
export class MetricsUnbound extends Error {
  override readonly name = 'MetricsUnbound';
  constructor(
    readonly bind: string,
    cause: unknown,
  ) {
    super(
      `metrics: ${bind} can't be bound (${messageOf(cause)}). Name another by metrics.bind or SEDIMENT_METRICS, or leave both out for none.`,
      { cause },
    );
  }
}

/** The texts that no log line may show: passwords of the source and its replicas, S3's and Temporal's keys and tokens. */
export function secretsOf(config: Pick<Config, 'source'>, env: NodeJS.ProcessEnv = process.env): string[] {
  const names = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'TEMPORAL_API_KEY'];
  const passwords = [config.source.password, ...config.source.replicas.map(({ password }) => password)];
  return [...new Set([...passwords, ...names.map((name) => env[name] ?? '')])].filter((secret) => secret !== '');
}

/**
 * Installs Temporal's runtime, once per process and before anything else of Temporal is used. The SDK's log lines and
 * ours go through one logger to standard error, and both's metrics to `/metrics` at `config.metrics.bind`, if that is given.
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
