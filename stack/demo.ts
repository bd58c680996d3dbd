import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { openTable } from '../src/checks/openTable.ts';
import { status } from '../src/cli/status.ts';
import { type Config, parseConfig } from '../src/config/load.ts';
import { Source } from '../src/job/source.ts';
import { windowOf } from '../src/job/tableTime.ts';
import { withLedger } from '../src/ledger/withLedger.ts';
import { addDays, type Day, daysBetween, parseDay, subtractDuration } from '../src/model/day.ts';
import { isArchived } from '../src/model/partitionState.ts';
import { cursorLiteral } from '../src/mysql/expressions.ts';
import { identifier } from '../src/mysql/quote.ts';
import type { Session } from '../src/mysql/session.ts';
import { applySchedule, scheduleId } from '../src/schedules.ts';
import { account } from './account.ts';
import { bankTables, fillBank } from './bank.ts';
import { addLate, type BankTable, changeOldDays, count, linesOf, type Truth, writeToday } from './bankWriter.ts';
import { stackFolder } from './fetch.ts';
import { type Addresses, startStack } from './stack.ts';

const keep = process.argv.includes('--keep');
const say = (line: string) => process.stdout.write(`${line}\n`);
const live = (line: string) => process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
const folder = join(stackFolder, `demo-${process.pid}`);
const stack = await startStack(folder);
const workers = new Set<ChildProcess>();
const interrupted = new Promise<void>((resolve) => {
  // Not once: the terminal and the bootstrap both send it, and a second one must not end the clean-up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
});
try {
  const outcome = await Promise.race([demo(stack.addresses), interrupted.then(() => 130)]);
  if (keep && outcome !== 130) {
    say(`The servers stay until Ctrl-C. Temporal's web UI: ${stack.addresses.temporal.ui}`);
    await interrupted;
  }
  process.exitCode = outcome;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  process.exitCode = 1;
} finally {
  for (const worker of workers) worker.kill('SIGKILL');
  await stack.stop();
  process.exit();
}

async function demo(at: Addresses): Promise<number> {
  process.env.AWS_ACCESS_KEY_ID = at.s3.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = at.s3.secretAccessKey;
  process.env.TEMPORAL_ADDRESS = at.temporal.address;
  await makeBucket(at);
  const { config, file } = writeConfig(at);
  const source = new Source(config);
  const session = await source.open('READ COMMITTED');
  const [clock] = await session.rows('SELECT UTC_DATE() AS today');
  const today = parseDay(String(clock?.today));
  const days = daysBetween(addDays(today, -75), addDays(today, -1));
  let written = await fillBank(session, days, (done) => live(`filling the bank: day ${done} of ${days.length}`));
  say(
    `\nThe bank has ${written.toLocaleString('en')} rows on ${days.length} closed days, in ${bankTables.length} tables.`,
  );
  const cutoff = subtractDuration(today, 'P2M');
  const tables = await openTables(session, config);
  const truth = await rememberOldRows(session, tables, cutoff);

  const writer = writeToday(at.mysql, today);
  const old = days.filter((day) => day < cutoff);
  const changer = changeOldDays(at.mysql, tables, old.slice(0, 5), truth);
  startWorker(file);
  const connection = await Connection.connect({ address: at.temporal.address });
  const client = new Client({ connection });
  await applySchedule(client, config);
  const schedule = client.schedule.getHandle(scheduleId(config.source.name));
  // Twenty days by backfill, each by its own run; the gaps before them are filled by the timely run that follows.
  await schedule.backfill({
    start: new Date(`${addDays(today, -19)}T00:00:00Z`),
    end: new Date(`${today}T00:00:00Z`),
    overlap: ScheduleOverlapPolicy.BUFFER_ALL,
  });
  await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ALL);
  await watch(config, days, cutoff, async (archived) => {
    if (archived < 60 || workers.size > 1) return;
    say('\nA worker is killed with SIGKILL; a new one goes on.');
    for (const worker of workers) worker.kill('SIGKILL');
    startWorker(file);
  });
  written += await changer.stop();
  // Rows that come into days that are purged already: the next run finds them.
  for (const [round, table] of [...tables.values()].entries())
    for (let late = 0; late < 5; late++)
      written += await addLate(session, table, old[late] ?? cutoff, 10_000 + 10 * late + round, truth);
  say('\nTwenty rows came into days that are purged; the next run finds them.');
  await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ALL);
  await untilPurged(session, tables, cutoff);
  written += await writer.stop();
  say('');
  await status(config, {});
  await query(at, config);
  const balanced = await account(source, session, written, truth, cutoff, say);
  await connection.close();
  session.close();
  source.close();
  return balanced ? 0 : 1;
}

/** Waits until no table has a row before the cutoff. */
async function untilPurged(session: Session, tables: ReadonlyMap<string, BankTable>, cutoff: Day): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    let left = 0;
    for (const [name, table] of tables) {
      const time = identifier(table.schema.timeColumn.name);
      const [row] = await session.rows(
        `SELECT COUNT(*) AS number FROM bank.${name} WHERE ${time} < ${table.bounds(cutoff).start}`,
      );
      left += Number(row?.number);
    }
    live(`${left} rows before ${cutoff} left`);
    if (left === 0) return;
    if (Date.now() > deadline) throw new Error('the late rows were not purged within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function makeBucket(at: Addresses): Promise<void> {
  const client = new S3Client({ region: at.s3.region, endpoint: at.s3.endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'archive' }));
  await client.send(
    new PutBucketVersioningCommand({ Bucket: 'archive', VersioningConfiguration: { Status: 'Enabled' } }),
  );
  client.destroy();
}

function writeConfig(at: Addresses): { config: Config; file: string } {
  const tables = bankTables.map(
    ({ table, timeColumn, timeKind }) =>
      `  - { table: bank.${table}, timeColumn: ${timeColumn}${timeKind ? `, timeKind: ${timeKind}` : ''} }`,
  );
  const text = `source: { name: bank, url: "mysql://root@127.0.0.1:${at.mysql.port}" }
store: { bucket: archive, region: us-east-1, endpoint: "${at.s3.endpoint}", forcePathStyle: true }
defaults: { retention: P2M, purge: enabled, chunkRows: 500 }
tables:
${tables.join('\n')}
`;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'sediment.yaml');
  writeFileSync(file, text);
  return { config: parseConfig(text, file, {}), file };
}

function startWorker(config: string): void {
  const worker = spawn(process.execPath, ['bin/sediment.mjs', 'worker', '--config', config], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  workers.add(worker);
}

/** Every row before the cutoff, in the archive's own bytes, remembered before anything is deleted. */
async function rememberOldRows(session: Session, tables: ReadonlyMap<string, BankTable>, cutoff: Day): Promise<Truth> {
  const truth: Truth = new Map();
  for (const [name, table] of tables) {
    const lines = new Map<string, number>();
    const time = identifier(table.schema.timeColumn.name);
    for (const line of await linesOf(session, table, `${time} < ${table.bounds(cutoff).start}`)) count(lines, line, 1);
    truth.set(name, lines);
  }
  return truth;
}

async function openTables(session: Session, config: Config): Promise<Map<string, BankTable>> {
  const tables = new Map<string, BankTable>();
  for (const policy of config.tables) {
    const { schema, kind } = await openTable(session, policy);
    const bounds = (day: Day) => {
      const { start, end } = windowOf(policy, kind, day);
      return { start: cursorLiteral(schema.timeColumn, start), end: cursorLiteral(schema.timeColumn, end) };
    };
    tables.set(policy.table, { schema, bounds });
  }
  return tables;
}

/** Shows where it stands until every closed day is archived and every day before the cutoff is purged. */
async function watch(
  config: Config,
  days: readonly Day[],
  cutoff: Day,
  each: (archived: number) => Promise<void>,
): Promise<void> {
  const due = days.filter((day) => day < cutoff).length * config.tables.length;
  const began = Date.now();
  for (;;) {
    const counts = await withLedger(config.source, async (ledger) => {
      const all = [];
      for (const { database, table } of config.tables) all.push(...(await ledger.days(database, table)));
      return {
        archived: all.filter((day) => isArchived(day.state)).length,
        purged: all.filter((day) => day.state === 'purged').length,
        stopped: all.find((day) => day.stopped)?.stopped,
      };
    }).catch((error) => {
      // Before the first run there is no ledger; anything else that can't be read isn't nothing.
      if (['ER_BAD_DB_ERROR', 'ER_NO_SUCH_TABLE'].includes(error?.code))
        return { archived: 0, purged: 0, stopped: undefined };
      throw error;
    });
    const wanted = days.length * config.tables.length;
    live(
      `archived ${counts.archived} of ${wanted} days, purged ${counts.purged} of ${due}, ${Math.round((Date.now() - began) / 1000)} s`,
    );
    if (counts.stopped) throw new Error(counts.stopped);
    if (counts.archived >= wanted && counts.purged >= due) return;
    if (Date.now() - began > 600_000) throw new Error('the job did not end within ten minutes');
    await each(counts.archived);
    await new Promise((resolve) => setTimeout(resolve, process.stdout.isTTY ? 300 : 3_000));
  }
}

/** Two questions of an analyst, answered by DuckDB from the archive's bytes. */
async function query(at: Addresses, config: Config): Promise<void> {
  const source = new Source(config);
  const local = join(folder, 'query');
  mkdirSync(local, { recursive: true });
  const keys = (await source.store.list('bank/transactions/')).filter((key) => key.endsWith('.csv.gz'));
  for (const [index, key] of keys.entries())
    writeFileSync(join(local, `${index}.csv.gz`), await source.store.read(key));
  source.close();
  const duck = await (await DuckDBInstance.create()).connect();
  const csv =
    `read_csv('${local}/*.csv.gz', delim=',', quote='"', escape='"', nullstr='\\N', header=false, ` +
    `auto_detect=false, columns={account: 'UBIGINT', number: 'UBIGINT', booked_at: 'TIMESTAMP', amount: ` +
    `'DECIMAL(18,4)', currency: 'VARCHAR', purpose: 'VARCHAR'})`;
  for (const sql of [
    `SELECT currency, count(*) AS bookings, sum(amount) AS total FROM ${csv} GROUP BY currency ORDER BY currency`,
    `SELECT strftime(booked_at, '%Y-%m') AS month, count(*) AS bookings, count(purpose) AS with_purpose FROM ${csv} GROUP BY month ORDER BY month`,
  ]) {
    const reader = await duck.runAndReadAll(sql);
    say(
      `\n${reader
        .columnNames()
        .map((name) => name.padEnd(14))
        .join('')}   (DuckDB, from ${at.s3.endpoint}/archive)`,
    );
    for (const row of reader.getRows()) say(row.map((cell) => String(cell).padEnd(14)).join(''));
  }
}
