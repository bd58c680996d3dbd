import { Runtime } from '@temporalio/worker';
import type { Config } from '../config/load.ts';
import { createLogger, logLevel } from './logger.ts';

/** The texts that no log line may show: passwords of the source and its replicas, S3's and Temporal's keys and tokens. */
export function secretsOf(config: Pick<Config, 'source'>, env: NodeJS.ProcessEnv = process.env): string[] {
  const names = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'TEMPORAL_API_KEY'];
  const passwords = [config.source.password, ...config.source.replicas.map(({ password }) => password)];
  return [...new Set([...passwords, ...names.map((name) => env[name] ?? '')])].filter((secret) => secret !== '');
}

/**
 * Installs Temporal's runtime, once per process and before anything else of Temporal is used. The SDK's log lines and
 * ours go through one logger to standard error.
 *
 * @param metricsAddress where the core serves the metrics of both; undefined: nowhere
 * @throws UnknownLogLevel
 */
export function installRuntime(config: Config, metricsAddress: string | undefined): Runtime {
  const logger = createLogger({
    source: config.source.name,
    level: logLevel(),
    readable: process.stderr.isTTY ?? false,
    secrets: secretsOf(config),
    write: (line) => process.stderr.write(line),
  });
  const metrics = metricsAddress
    ? { prometheus: { bindAddress: metricsAddress }, attachServiceName: false }
    : undefined;
  return Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} }, metrics },
  });
}
