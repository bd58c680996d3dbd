import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { type CommonOptions, fail } from './output.ts';

export function commonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the policy file; else SEDIMENT_CONFIG, else sediment.yaml')
    .option('--json', 'one JSON document on standard output');
}

/** A subcommand's work. Returns the exit code. */
export type Work<Arguments extends unknown[]> = (
  config: Config,
  options: CommonOptions,
  ...rest: Arguments
) => Promise<number>;

/**
 * Runs a subcommand. An error becomes one line that says what to do, never a stack trace. Modules are loaded only here,
 * because --help or a typing error shouldn't wait a second for the clients of three servers.
 */
export function action<Arguments extends unknown[]>(
  load: () => Promise<Work<Arguments>>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts<CommonOptions>();
    const { loadConfig } = await import('../config/load.ts');
    const { explain } = await import('./explain.ts');
    try {
      const config = loadConfig(options.config);
      const work = await load();
      process.exitCode = await work(config, options, ...(given.slice(0, -2) as Arguments));
    } catch (error) {
      const { message, code } = explain(error);
      fail(options.json === true, message, code);
    }
  };
}
