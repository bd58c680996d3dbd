import { action } from '../action.ts';
import type { Add } from '../helpEntry.ts';

/** The commands that look at the archive itself. */
export function addReadBack(add: Add): void {
  add('verify <table>', 'read one archived day back from S3 and prove it, now; changes nothing', {
    group: 'readBack',
    example: 'sediment verify bank.transactions --day 2026-09-15',
  })
    .requiredOption('--day <day>', 'the day, 2026-09-15')
    .action(
      action(async () => {
        const { checkVerify, verify } = await import('./verify.ts');
        return { check: checkVerify, work: verify };
      }),
    );
  addDdl(add);
  add(
    'audit [table]',
    'read archived days back from S3 and prove them, the longest unread first, and look for objects that nothing names',
    { group: 'readBack', example: 'sediment audit --days 30' },
  )
    .option('--days <days>', 'so many days of each table; left out: audit.daysATable of the config')
    .option('--sweep', 'remove what the ledger has condemned, remains of attempts that died, and nothing else')
    .option(
      '--expire',
      'read nothing; delete the archives whose announced time is over, where the policy says archive.expire',
    )
    .option('--dry-run', 'with --expire: print what would go, when, and how much it is; deletes nothing')
    .action(
      action(async () => {
        const { audit, checkAudit } = await import('./audit.ts');
        return { check: checkAudit, work: audit };
      }),
    );
  addRestore(add);
  addDrill(add);
  addEvidence(add);
}

function addDdl(add: Add): void {
  add('ddl <table>', 'the statements by which a reader sees the archive as a table, with its names and types', {
    group: 'readBack',
    example:
      'sediment ddl bank.transactions --for athena\n  sediment ddl bank.transactions --for duckdb --out transactions.sql',
  })
    .option(
      '--for <reader>',
      'athena, glue, spark, databricks, redshift, snowflake, bigquery, trino, duckdb, clickhouse, mysql, python',
    )
    .option('--schema <name>', 'the reader’s schema, database or dataset; left out: the table’s database')
    .option('--name <name>', 'the view; left out: the table’s name')
    .option('--dates <how>', 'null: impossible dates are NULL; text: every date as its text; left out: null')
    .option(
      '--old <uri>',
      'files of an earlier INTO OUTFILE in the view too: s3://bucket/database/, or with {year}/{month}/{day}',
    )
    .option('--old-until <day>', 'with --old: days before it are read from those files, later ones from the archive')
    .option('--old-bare', 'with --old: their fields are enclosed by nothing; left out: by ", or texts alone are')
    .option('--out <file>', 'write the script there')
    .option('--check [file]', 'whether a saved script, or Glue with --for glue, is as the archive is now')
    .option('--apply', 'with --for glue: register table and partitions in the catalog of the config')
    .action(
      action(async () => {
        const { checkDdl, ddl } = await import('./ddl.ts');
        return { check: checkDdl, work: ddl };
      }),
    );
}

function addRestore(add: Add): void {
  add(
    'restore <table>',
    'load archived days into a table of their own, each chunk proved there; with --live back into the table itself',
    {
      group: 'readBack',
      example:
        'sediment restore bank.transactions --day 2026-09-15 --dry-run\n' +
        '  sediment restore bank.transactions --from 2026-09-01 --to 2026-09-30\n' +
        '  sediment restore bank.transactions --day 2026-09-15 --live --reason "audit"',
    },
  )
    .option('--day <day>', 'the day, 2026-09-15; 0000-00-00 for the rows without a day')
    .option('--from <day>', 'the first day of a range')
    .option('--to <day>', 'its last day')
    .option('--into <db.table>', 'the table to make; left out: <table>_restored_<days>, beside the table')
    .option('--where <condition>', 'only rows with column = value, more of them joined by and')
    .option('--live', 'put rows back into the table itself; a key that is there is compared, and never written over')
    .option('--keep-for <duration>', 'with --live: so long the purge leaves the days alone, 30d or P3M; left out: 30d')
    .option('--reason <text>', 'with --live: why, as others will read it')
    .option('--release', 'with --live: let the purge have the days again; puts nothing back')
    .option('--dry-run', 'print the days, their size and the table’s statement; writes nothing')
    .action(
      action(async () => {
        const { checkRestore, restore } = await import('./restore.ts');
        return { check: checkRestore, work: restore };
      }),
    );
  add('find <table>', 'which archived day, part and chunk holds a row, and the row; every row of a key', {
    group: 'readBack',
    example:
      'sediment find bank.transactions --key 88121233\n' +
      '  sediment find bank.transactions --where "account_id = 42" --day 2026-09-15',
  })
    .option('--key <value...>', 'the primary key: a value a column, binary ones in hex')
    .option('--where <condition>', 'column = value, more of them joined by and')
    .option('--day <day>', 'look at this day only; 0000-00-00 for the rows without a day')
    .option('--from <day>', 'look at days from this one on')
    .option('--to <day>', 'look at days up to this one')
    .option('--superseded', 'look at what heals have replaced too')
    .option('--limit <rows>', 'end after so many rows; left out: 100')
    .action(
      action(async () => {
        const { checkFind, find } = await import('./find.ts');
        return { check: checkFind, work: find };
      }),
    );
}

function addEvidence(add: Add): void {
  add(
    'evidence [table]',
    'write what an auditor holds: one page, the same as JSON, and the script that checks a digest',
    {
      group: 'readBack',
      example: 'sediment evidence bank.transactions --from 2026-01-01 --to 2026-03-31 --out q1',
    },
  )
    .option('--from <day>', 'days from this one on')
    .option('--to <day>', 'days up to this one')
    .option('--out <folder>', 'the folder to write into')
    .action(
      action(async () => {
        const { checkEvidence, evidence } = await import('../evidence/evidence.ts');
        return { check: checkEvidence, work: evidence };
      }),
    );
}

function addDrill(add: Add): void {
  add(
    'drill [table]',
    'restore a day of each table by way of trial, chosen by chance: load it, prove it, drop it, record it',
    {
      group: 'readBack',
      example: 'sediment drill bank.transactions',
    },
  )
    .option('--day <day>', 'this day; left out: one by chance')
    .option('--schema <name>', 'the schema to load it into; left out: drill.schema of the config')
    .action(
      action(async () => {
        const { checkDrill, drill } = await import('./drill.ts');
        return { check: checkDrill, work: drill };
      }),
    );
}
