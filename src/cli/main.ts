import { Command, CommanderError } from 'commander';
import { release } from '../config/release.ts';
import { action, commonOptions } from './action.ts';
import { exitCodes, fail } from './output.ts';

const program = new Command('sediment')
  .description('Archives MySQL tables to S3 by day, and purges what is proved to be there.')
  .version(release)
  // A wrong use is reported once, below, as a line or as JSON.
  .configureOutput({ outputError: () => undefined })
  .exitOverride()
  .addHelpText(
    'after',
    `
Tables are named db.table, a part that holds a dot in backticks. Days are written 2026-11-21.
Exit codes: 0 done; 1 a table or a server failed; 2 wrong use; 3 a safety rule refused.`,
  );

function subcommand(name: string, description: string): Command {
  return commonOptions(program.command(name).description(description));
}

subcommand(
  'doctor [tables...]',
  'look at everything that a run needs, and say what to do; changes no table and no setting',
)
  .option('--grants', 'print the SQL that gives the user of source.url what it needs, and no more')
  .action(action(async () => (await import('./doctor.ts')).doctor));
subcommand(
  'plan [tables...]',
  'a dry run on the real data: what would be archived, purged and refused; writes nothing',
).action(action(async () => (await import('./plan.ts')).plan));
subcommand('worker', 'start a worker for the source of the config')
  .option('--wait <time>', 'how long to wait for MySQL, S3 and Temporal to answer at the start: 30s, 10m; left out: 5m')
  .action(action(async () => (await import('./worker.ts')).worker));
subcommand('run', 'archive one day of every table now')
  .requiredOption('--day <day>', 'the closed day to archive, 2026-11-21')
  .action(action(async () => (await import('./run.ts')).run));
subcommand('backfill', 'archive a range of days, both ends included')
  .requiredOption('--from <day>', 'the first day')
  .requiredOption('--to <day>', 'the last day')
  .option('--table <db.table...>', 'these tables only')
  .action(action(async () => (await import('./backfill.ts')).backfill));
subcommand('status [table]', 'where each table stands, from the ledger; with a table, its days one by one')
  .option('-w, --watch', 'draw it again each second; every ten seconds in a pipe')
  .action(action(async () => (await import('./status.ts')).status));
subcommand(
  'explain <table>',
  'why a table waits, is refused or stopped, since when, by what evidence, and the command that goes on',
).action(action(async () => (await import('./explainTable.ts')).explainTable));
subcommand('history [table]', 'what happened, by whom and why: days archived, healed, purged, stopped; pauses; audits')
  .option('--from <day>', 'what happened from this UTC day on, 2026-11-21')
  .option('--to <day>', 'what happened up to the end of this UTC day')
  .option(
    '--last <number>',
    'so many of the newest events; left out: 200 on a screen, all with a range, --json or --csv',
  )
  .option('--csv', 'CSV with a header line, for a spreadsheet')
  .action(action(async () => (await import('./history.ts')).history));
subcommand('pause [table]', 'stop deleting and healing at once, with or without a worker')
  .option('--all', 'every table of the source, those of later policies too')
  .requiredOption('--reason <text>', 'why, shown wherever progress is shown')
  .option('--exports', 'exports too; they go on by themselves after the pause')
  .option('--for <time>', 'go on by itself after 30m, 2h, 1d or PT2H; left out: not before resume')
  .action(action(async () => (await import('./pause.ts')).pause));
subcommand('resume [table]', 'go on exactly where the pause found it')
  .option('--all', 'drop the pause of all tables; a table’s own stands')
  .action(action(async () => (await import('./resume.ts')).resume));
subcommand('pace <table>', 'slow down or speed up the purge that is running; a later one has the policy’s pace')
  .option('--steady', 'spread over the day, within what others may feel of it')
  .option('--asap', 'all that others’ latency allows')
  .option('--full', 'all that it can get, whatever others feel: for maintenance windows')
  .option('--rows-per-second <rows>', 'the most rows a second; 0 for no limit but the policy’s')
  .option('--target-millis <millis>', 'what a transaction should take: 10 to 10000')
  .option('--rest-ratio <ratio>', 'rest after a transaction as a share of what it took: 1 rests as long as it worked')
  .option('--policy', 'back to the policy’s own pace')
  .action(action(async () => (await import('./pace.ts')).pace));
subcommand('heal <table>', 'archive a day that stopped as it is now, whatever changed in it, and let its purge go on')
  .requiredOption('--day <day>', 'the day, 2026-09-15')
  .action(action(async () => (await import('./heal.ts')).heal));
subcommand('accept [table]', 'take, after a promotion or a restore, what a safety rule has stopped at')
  .option('--all', 'every table of the source')
  .option('--server', 'this MySQL server: a promoted replica or a restored copy')
  .option('--rewind', 'the manifests in S3 that are newer than the ledger')
  .option('--window', 'that a day begins where the day before ended, though policy or column have changed; with --day')
  .option('--day <day>', 'the day of --window, 2026-09-15')
  .requiredOption('--reason <text>', 'why, written into the ledger with who')
  .action(action(async () => (await import('./accept.ts')).accept));
subcommand('verify <table>', 'read one archived day back from S3 and prove it, now; changes nothing')
  .requiredOption('--day <day>', 'the day, 2026-09-15')
  .action(action(async () => (await import('./verify.ts')).verify));
subcommand(
  'audit [table]',
  'read archived days back from S3 and prove them, the longest unread first, and look for objects that nothing names',
)
  .option('--days <days>', 'so many days of each table; left out: audit.daysATable of the config')
  .option('--sweep', 'remove what the ledger has condemned, remains of attempts that died, and nothing else')
  .action(action(async () => (await import('./audit.ts')).audit));

const schedule = program.command('schedule').description('the schedules: the daily archive, and the audit');
function scheduleCommand(name: string, description: string): Command {
  return commonOptions(schedule.command(name).description(description));
}
scheduleCommand('apply', 'declare them, and register the search attributes; safe to repeat').action(
  action(async () => (await import('./schedule.ts')).apply),
);
scheduleCommand('describe', 'when they run next, and what was skipped or missed').action(
  action(async () => (await import('./schedule.ts')).describe),
);
scheduleCommand('pause', 'start no run until it is unpaused; days that pass are filled by the next timely run')
  .option('--audit', 'the audit’s, in place of the daily archive’s')
  .requiredOption('--reason <text>', 'why, shown wherever the schedule is shown')
  .action(action(async () => (await import('./schedule.ts')).pause));
scheduleCommand('unpause', 'let it run again')
  .option('--audit', 'the audit’s, in place of the daily archive’s')
  .action(action(async () => (await import('./schedule.ts')).unpause));

// A reader that has seen enough (`sediment status | head`) closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.ok);
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // `sediment help` is what was asked for; a command left out is shown the same help, as wrong use.
  if (error.code === 'commander.help') process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else if (error.exitCode !== 0) fail(process.argv.includes('--json'), wrongUse(error.message), exitCodes.usage);
}

/** Commander's complaint in one line, with the --help to read. */
function wrongUse(message: string): string {
  const [complaint = '', hint] = message.replace(/^error: /, '').split('\n');
  const named = program.commands.find((command) => command.name() === process.argv[2]);
  const help = ['sediment', ...(named ? [named.name()] : []), '--help'].join(' ');
  return `${complaint.replace(/\.$/, '')}. ${hint ? `${hint.replace(/^\(|\)$/g, '')} ` : ''}See ${help}`;
}
