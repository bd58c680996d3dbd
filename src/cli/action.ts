import type { Command } from 'commander';
import type { Config } from '../config/load.ts';
import { type CommonOptions, fail } from './output.ts';

export function commonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the policy file; else SEDIMENT_CONFIG, else sediment.yaml')
    .option('--json', 'one JSON document on standard output');
}

/** What a subcommand does. */
export interface Subcommand<Arguments extends unknown[], Checked extends unknown[]> {
  /** Looks at options and arguments by themselves, before any config is read. @throws WrongUse and the like */
  check?: (options: CommonOptions, ...rest: Checked) => unknown;
  /** Returns the exit code. */
  work: (config: Config, options: CommonOptions, ...rest: Arguments) => Promise<number>;
}

/**
 * Runs a subcommand. An error becomes one line that says what to do, never a stack trace. Modules are loaded only here,
 * because --help or a typing error shouldn't wait a second for the clients of three servers.
 */
export function action<Arguments extends unknown[], Checked extends unknown[]>(
  load: () => Promise<Subcommand<Arguments, Checked>>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts<CommonOptions>();
    const rest = given.slice(0, -2);
    const { loadConfig } = await import('../config/load.ts');
    const { explain } = await import('./explain/explain.ts');
    try {
      const { check, work } = await load();
      check?.(options, ...(rest as Checked));
      process.exitCode = await work(loadConfig(options.config), options, ...(rest as Arguments));
    } catch (error) {
      const { message, code } = explain(error);
      fail(options.json === true, message, code);
    }
  };
}
