import { Command } from 'commander';
import { action, commonOptions, exitCodes } from './context.ts';
import { doctor } from './doctor.ts';
import { pause, resume } from './hold.ts';
import { backfill, run } from './run.ts';
import { scheduleCommands } from './schedule.ts';
import { status } from './status.ts';
import { worker } from './worker.ts';

const program = new Command('sediment')
  .description('Archives MySQL tables to S3 by day, and purges what is proved to be there.')
  .version('0.1.0')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.usage));

function subcommand(name: string, description: string): Command {
  return commonOptions(program.command(name).description(description));
}

subcommand('worker', 'start a worker for the source of the config').action(action(worker));
subcommand('run', 'archive one day of every table now')
  .requiredOption('--day <day>', 'the closed day to archive, 2026-11-21')
  .action(action(run));
subcommand('backfill', 'archive a range of days, both ends included')
  .requiredOption('--from <day>', 'the first day')
  .requiredOption('--to <day>', 'the last day')
  .option('--table <db.table...>', 'these tables only')
  .action(action(backfill));
subcommand('status', 'a line a table, from the ledger').action(action(status));
subcommand('doctor', 'look at everything that a run needs; no table, object or setting is changed').action(
  action(doctor),
);
subcommand('pause <table>', 'stop deleting at once; a table, or * for all')
  .requiredOption('--reason <text>', 'why, shown wherever progress is shown')
  .action(action(pause));
subcommand('resume <table>', 'go on exactly where the pause found it').action(action(resume));
scheduleCommands(program);

await program.parseAsync();
