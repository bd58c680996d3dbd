import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { Command } from 'commander';
import { InvalidDay } from '../archive/day.ts';
import { ConfigError, UnknownTable } from '../config/errors.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { StoreRefused } from '../s3/errors.ts';

/** Exit codes of DESIGN §11. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;

export interface CommonOptions {
  config?: string;
  json?: boolean;
}

/** What `--json` prints is one document with a version; people get the lines. */
export function print(options: CommonOptions, document: Record<string, unknown>, lines: readonly string[]): void {
  if (options.json) process.stdout.write(`${JSON.stringify({ version: 1, ...document })}\n`);
  else for (const line of lines) process.stdout.write(`${line}\n`);
}

export function commonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the policy file; else SEDIMENT_CONFIG, else sediment.yaml')
    .option('--json', 'one JSON document on standard output');
}

/** Runs a subcommand; an error becomes one line that says what to do, never a stack trace. */
export function action<Arguments extends unknown[]>(
  work: (config: Config, options: CommonOptions, ...rest: Arguments) => Promise<number>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts<CommonOptions>();
    try {
      const config = loadConfig(options.config);
      process.exitCode = await work(config, options, ...(given.slice(0, -2) as Arguments));
    } catch (error) {
      const { message, code } = explain(error);
      if (options.json) process.stdout.write(`${JSON.stringify({ version: 1, error: message })}\n`);
      else process.stderr.write(`${message}\n`);
      process.exitCode = code;
    }
  };
}

/** How workers reach Temporal: address, namespace, TLS and API key, from temporal.toml and TEMPORAL_*. */
export function temporalOptions(): NativeConnectionOptions & { namespace: string } {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return { ...connectionOptions, ...temporalAddress(), namespace: namespace ?? 'default' };
}

export function temporalAddress(): { address: string; namespace: string } {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return { address: connectionOptions.address ?? '127.0.0.1:7233', namespace: namespace ?? 'default' };
}

export async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await Connection.connect({ connectTimeout: 5_000, ...connectionOptions });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return await work(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

const mysqlRemedies: Record<string, string> = {
  ECONNREFUSED: 'no MySQL server answers there; look at source.url and the network',
  ENOTFOUND: 'the host of source.url has no address',
  ETIMEDOUT: 'the MySQL server doesn’t answer; look at source.url and the security group',
  ER_ACCESS_DENIED_ERROR: 'MySQL refused user or password; look at source.url and source.password',
  ER_NO_SUCH_TABLE: 'the ledger isn’t there yet; it is made when the first worker starts',
  ER_BAD_DB_ERROR: 'the ledger isn’t there yet; it is made when the first worker starts',
};

/** One line for a person, and the exit code. */
export function explain(error: unknown): { message: string; code: number } {
  if (!(error instanceof Error)) return { message: String(error), code: exitCodes.failed };
  const usage = [ConfigError, UnknownTable, InvalidDay].some((kind) => error instanceof kind);
  if (usage) return { message: error.message, code: exitCodes.usage };
  if (error instanceof StoreRefused) return { message: error.message, code: exitCodes.failed };
  const code = 'code' in error ? String(error.code) : '';
  const remedy = mysqlRemedies[code];
  if (remedy) return { message: `mysql: ${remedy} (${error.message})`, code: exitCodes.failed };
  if (error.message.includes('Failed to connect before the deadline') || code === '14')
    return {
      message: `temporal: no server answers at ${temporalAddress().address}; set TEMPORAL_ADDRESS, or start one with: temporal server start-dev`,
      code: exitCodes.failed,
    };
  if (code === '5' && error.message.includes('amespace'))
    return {
      message: `temporal: the namespace ${temporalAddress().namespace} isn't registered; temporal operator namespace create ${temporalAddress().namespace}`,
      code: exitCodes.failed,
    };
  return { message: error.message, code: exitCodes.failed };
}
