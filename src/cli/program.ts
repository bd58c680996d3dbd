import { Command } from 'commander';
import { release } from '../config/release.ts';
import { action, commonOptions } from './action.ts';
import { type Add, groups, type HelpEntry } from './helpEntry.ts';
import { addReadBack } from './readBack/readBack.ts';

/** The whole command line, without a run of it. */
export function makeProgram(): Command {
  const program = new Command('sediment')
    .description('Archives MySQL tables to S3 by day, and purges what is proved to be there.')
    .version(release)
    .addHelpCommand(
      new Command('help').argument('[command]').description('show the help of a command').helpGroup('Help:'),
    )
    .addHelpText(
      'after',
      `
Tables are named db.table, a part that holds a dot in backticks. Days are
written 2026-11-21. Exit codes: 0 done; 1 a table or a server failed; 2 wrong
use; 3 a safety rule refused; 130 Ctrl-C stopped following a run that goes on.`,
    );
  const add = (usage: string, description: string, { group, example }: HelpEntry): Command => {
    const command = program.command(usage).description(description).helpGroup(groups[group]);
    return commonOptions(command).addHelpText('after', `\nExample:\n  ${example}`);
  };
  addSetUp(add);
  addRuns(add);
  addSchedule(program);
  addWatch(add);
  addHolds(add);
  addRepairs(add);
  addReadBack(add);
  return program;
}

function addSetUp(add: Add): void {
  add(
    'doctor [tables...]',
    'look at everything that a run needs, and say what to do; changes no table and no setting',
    { group: 'setUp', example: 'sediment doctor bank.transactions' },
  )
    .option('--grants', 'print the SQL that gives the user of source.url what it needs, and no more')
    .option('--iam', 'print the policies of IAM that the worker’s role and an Aurora cluster’s role need, and no more')
    .option('--probe', 'have an Aurora server write hard values into S3 and read them back; nothing is left there')
    .action(action(async () => ({ work: (await import('./doctor/doctor.ts')).doctor })));
  add('plan [tables...]', 'a dry run on the real data: what would be archived, purged and refused; writes nothing', {
    group: 'setUp',
    example: 'sediment plan',
  }).action(action(async () => ({ work: (await import('./plan.ts')).plan })));
  add('procedures [tables...]', 'print the stored procedures that a run deploys, as a MySQL client takes them', {
    group: 'setUp',
    example: 'sediment procedures bank.transactions',
  }).action(action(async () => ({ work: (await import('./procedures.ts')).procedures })));
}

function addRuns(add: Add): void {
  add('worker', 'start a worker for the source of the config', { group: 'run', example: 'sediment worker --wait 10m' })
    .option(
      '--wait <time>',
      'how long to wait for MySQL, S3 and Temporal to answer at the start: 30s, 10m; left out: 5m',
    )
    .action(
      action(async () => {
        const { checkWorker, worker } = await import('./worker/worker.ts');
        return { check: checkWorker, work: worker };
      }),
    );
  add('run', 'the daily run now, followed to its end: yesterday and every gap, then the purges', {
    group: 'run',
    example: 'sediment run\n  sediment run --day 2026-11-21',
  })
    .option('--day <day>', 'archive this closed day of every table, and nothing else: 2026-11-21')
    .action(
      action(async () => {
        const { checkRun, run } = await import('./run/run.ts');
        return { check: checkRun, work: run };
      }),
    );
  add('backfill', 'archive a range of days, both ends included', {
    group: 'run',
    example: 'sediment backfill --from 2026-10-01 --to 2026-10-31 --table bank.transactions',
  })
    .requiredOption('--from <day>', 'the first day')
    .requiredOption('--to <day>', 'the last day')
    .option('--table <db.table...>', 'these tables only')
    .action(
      action(async () => {
        const { backfill, checkBackfill } = await import('./run/backfill.ts');
        return { check: checkBackfill, work: backfill };
      }),
    );
}

function addSchedule(program: Command): void {
  const schedule = program
    .command('schedule')
    .description('the schedules: the daily archive, and the audit')
    .helpGroup(groups.run);
  const add = (name: string, description: string, example: string): Command =>
    commonOptions(schedule.command(name).description(description)).addHelpText('after', `\nExample:\n  ${example}`);
  add(
    'apply',
    'declare them, and register the search attributes; safe to repeat',
    'sediment schedule apply --config sediment.yaml',
  ).action(action(async () => ({ work: (await import('./run/schedule.ts')).apply })));
  add('describe', 'when they run next, and what was skipped or missed', 'sediment schedule describe --json').action(
    action(async () => ({ work: (await import('./run/schedule.ts')).describe })),
  );
  add('trigger', 'have it run now, and follow the run to its end', 'sediment schedule trigger')
    .option('--audit', 'the audit’s, in place of the daily archive’s; it isn’t followed')
    .action(action(async () => ({ work: (await import('./run/triggerSchedule.ts')).trigger })));
  add(
    'pause',
    'start no run until it is unpaused; days that pass are filled by the next timely run',
    'sediment schedule pause --reason "month-end close"',
  )
    .option('--audit', 'the audit’s, in place of the daily archive’s')
    .requiredOption('--reason <text>', 'why, shown wherever the schedule is shown')
    .action(
      action(async () => {
        const { checkReason, pause } = await import('./run/schedule.ts');
        return { check: checkReason, work: pause };
      }),
    );
  add('unpause', 'let it run again', 'sediment schedule unpause')
    .option('--audit', 'the audit’s, in place of the daily archive’s')
    .action(action(async () => ({ work: (await import('./run/schedule.ts')).unpause })));
}

function addWatch(add: Add): void {
  add('status [table]', 'where each table stands, from the ledger; with a table, its days one by one', {
    group: 'watch',
    example: 'sediment status --watch\n  sediment status bank.transactions',
  })
    .option('-w, --watch', 'draw it again each second; every ten seconds in a pipe')
    .action(
      action(async () => {
        const { checkStatus, status } = await import('./status/status.ts');
        return { check: checkStatus, work: status };
      }),
    );
  add(
    'explain <table>',
    'why a table waits, is refused or stopped, since when, by what evidence, and the command that goes on',
    { group: 'watch', example: 'sediment explain bank.audit_log' },
  ).action(action(async () => ({ work: (await import('./explain/explainTable.ts')).explainTable })));
  add('history [table]', 'what happened, by whom and why: days archived, healed, purged, stopped; pauses; audits', {
    group: 'watch',
    example: 'sediment history bank.transactions --from 2026-11-01 --csv',
  })
    .option('--from <day>', 'what happened from this UTC day on, 2026-11-21')
    .option('--to <day>', 'what happened up to the end of this UTC day')
    .option(
      '--last <number>',
      'so many of the newest events; left out: 200 on a screen, all with a range, --json or --csv',
    )
    .option('--csv', 'CSV with a header line, for a spreadsheet')
    .action(
      action(async () => {
        const { checkHistory, history } = await import('./history.ts');
        return { check: checkHistory, work: history };
      }),
    );
}

function addHolds(add: Add): void {
  add('pause [table]', 'stop deleting and healing at once, with or without a worker', {
    group: 'hold',
    example: 'sediment pause bank.transactions --reason "month-end close" --for 2h',
  })
    .option('--all', 'every table of the source, those of later policies too')
    .requiredOption('--reason <text>', 'why, shown wherever progress is shown')
    .option('--exports', 'exports too; they go on by themselves after the pause')
    .option('--for <time>', 'go on by itself after 30m, 2h, 1d or PT2H; left out: not before resume')
    .action(
      action(async () => {
        const { checkPause, pause } = await import('./hold/pause.ts');
        return { check: checkPause, work: pause };
      }),
    );
  add('resume [table]', 'go on exactly where the pause found it', {
    group: 'hold',
    example: 'sediment resume bank.transactions',
  })
    .option('--all', 'drop the pause of all tables; a table’s own stands')
    .action(
      action(async () => {
        const { checkScope } = await import('./scope.ts');
        return { check: checkScope, work: (await import('./hold/resume.ts')).resume };
      }),
    );
  add('pace <table>', 'slow down or speed up the purge that is running; a later one has the policy’s pace', {
    group: 'hold',
    example: 'sediment pace bank.transactions --rows-per-second 500',
  })
    .option('--steady', 'spread over the day, within what others may feel of it')
    .option('--asap', 'all that others’ latency allows')
    .option('--full', 'all that it can get, whatever others feel: for maintenance windows')
    .option('--rows-per-second <rows>', 'the most rows a second; 0 for no limit but the policy’s')
    .option('--target-millis <millis>', 'what a transaction should take: 10 to 10000')
    .option('--rest-ratio <ratio>', 'rest after a transaction as a share of what it took: 1 rests as long as it worked')
    .option('--policy', 'back to the policy’s own pace')
    .action(
      action(async () => {
        const { checkPace, pace } = await import('./hold/pace.ts');
        return { check: checkPace, work: pace };
      }),
    );
}

function addRepairs(add: Add): void {
  add('heal <table>', 'archive a day that stopped as it is now, whatever changed in it, and let its purge go on', {
    group: 'repair',
    example: 'sediment heal bank.audit_log --day 2026-09-15',
  })
    .requiredOption('--day <day>', 'the day, 2026-09-15')
    .action(
      action(async () => {
        const { checkHeal, heal } = await import('./repair/heal.ts');
        return { check: checkHeal, work: heal };
      }),
    );
  add('accept [table]', 'take, after a promotion or a restore, what a safety rule has stopped at', {
    group: 'repair',
    example: 'sediment accept --all --server --reason "promoted db-2"',
  })
    .option('--all', 'every table of the source')
    .option('--server', 'this MySQL server: a promoted replica or a restored copy')
    .option('--rewind', 'the manifests in S3 that are newer than the ledger')
    .option(
      '--window',
      'that a day begins where the day before ended, though policy or column have changed; with --day',
    )
    .option('--day <day>', 'the day of --window, 2026-09-15')
    .requiredOption('--reason <text>', 'why, written into the ledger with who')
    .action(
      action(async () => {
        const { accept, checkAccept } = await import('./repair/accept.ts');
        return { check: checkAccept, work: accept };
      }),
    );
  add(
    'erase <table>',
    'take a subject’s rows out of written archives, and prove that no object of any version has them',
    {
      group: 'repair',
      example:
        'sediment erase bank.transactions --key 88121233 --dry-run\n' +
        '  sediment erase bank.transactions --where "account_id = 42" --reason "GDPR 17"',
    },
  )
    .option('--key <value...>', 'the primary key: a value a column, binary ones in hex')
    .option('--where <condition>', 'column = value, more of them joined by and')
    .option('--from <day>', 'look at days from this one on')
    .option('--to <day>', 'look at days up to this one')
    .option('--reason <text>', 'why, written into the ledger with who and how many; the values are not')
    .option('--dry-run', 'print the days and how many rows; writes nothing')
    .action(
      action(async () => {
        const { checkErase, erase } = await import('./repair/erase.ts');
        return { check: checkErase, work: erase };
      }),
    );
}
