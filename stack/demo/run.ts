import { relative } from 'node:path';
import { Client, Connection, type ScheduleHandle, ScheduleOverlapPolicy } from '@temporalio/client';
import { openTable } from '../../src/checks/openTable.ts';
import { exact } from '../../src/cli/text/format.ts';
import type { Config } from '../../src/config/load.ts';
import { Source } from '../../src/job/source.ts';
import { windowOf } from '../../src/job/tableTime.ts';
import { withLedger } from '../../src/ledger/withLedger.ts';
import { addDays, type Day, parseDay } from '../../src/model/day.ts';
import { cursorLiteral } from '../../src/mysql/expressions.ts';
import { identifier } from '../../src/mysql/quote.ts';
import type { Session } from '../../src/mysql/session/session.ts';
import { applySchedule, scheduleId } from '../../src/schedules.ts';
import { account } from '../account.ts';
import { bankTables, fillBank } from '../bank.ts';
import { addLate, type BankTable, changeOldDays, count, linesOf, type Truth, writeToday } from '../bankWriter.ts';
import { writeConfig } from './config.ts';
import { followToEnd, type Progress } from './progress.ts';
import { queryArchive } from './query.ts';
import type { Screen } from './screen.ts';
import { type DemoServers, makeBucket } from './servers.ts';
import { type Calendar, calendarOf, type Size } from './size.ts';
import { nextText, stayText } from './stay.ts';
import { eventLine, progressLine } from './text.ts';
import type { Workers } from './workers.ts';

export interface Demo {
  screen: Screen;
  workers: Workers;
  /** The workers' log. */
  log: string;
  /** Whose content goes with the servers. */
  folder: string;
  size: Size;
  keep: boolean;
}

/** The bank. */
interface Bank {
  session: Session;
  tables: ReadonlyMap<string, BankTable>;
  truth: Truth;
  /** Rows that were written into it. */
  written: number;
}

/** Fills a bank, archives and purges it while it goes on writing, kills a worker, and balances the account. @returns whether it balances */
export async function runDemo(at: DemoServers, demo: Demo): Promise<boolean> {
  const { screen, size } = demo;
  process.env.AWS_ACCESS_KEY_ID = at.s3.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = at.s3.secretAccessKey;
  process.env.TEMPORAL_ADDRESS = at.temporal.address;
  screen.say(`Temporal's web UI, while this runs: ${at.temporal.ui}`);
  screen.say(`The workers' log: ${relative(process.cwd(), demo.log)}`);
  await makeBucket(at.s3);
  const { config, file } = writeConfig(at, demo.folder, size.retention);
  const source = new Source(config);
  const session = await source.open('READ COMMITTED');
  const [clock] = await session.rows('SELECT UTC_DATE() AS today');
  const calendar = calendarOf(parseDay(String(clock?.today)), size);
  const bank = await makeBank(session, config, calendar, demo);
  // The first worker would make it; a look at it before that would find half of it.
  await withLedger(config.source, (ledger) => ledger.migrate());
  const connection = await Connection.connect({ address: at.temporal.address });
  try {
    const client = new Client({ connection });
    await applySchedule(client, config);
    const schedule = client.schedule.getHandle(scheduleId(config.source.name));
    await archiveAndPurge(at, demo, { bank, calendar, config, file, schedule });
    screen.say(`\n${await queryArchive(source, demo.folder)}`);
    const balanced = await account({ source, calendar, ...bank }, (line) => screen.say(line));
    screen.say(demo.keep ? stayText(at, demo.folder, file) : nextText);
    return balanced;
  } finally {
    await connection.close();
    session.close();
    source.close();
  }
}

async function makeBank(session: Session, config: Config, { closed, cutoff }: Calendar, demo: Demo): Promise<Bank> {
  const { screen, size } = demo;
  const written = await fillBank(session, closed, size.share, (done) =>
    screen.draw([progressLine('filling', done, closed.length, 'days')]),
  );
  screen.leaveFrame();
  screen.say(`The bank has ${exact(written)} rows on ${closed.length} closed days, in ${bankTables.length} tables.`);
  const tables = await openTables(session, config);
  return { session, tables, written, truth: await rememberOldRows(session, tables, cutoff) };
}

interface Scene {
  bank: Bank;
  calendar: Calendar;
  config: Config;
  /** The config's file. */
  file: string;
  schedule: ScheduleHandle;
}

async function archiveAndPurge(at: DemoServers, { screen, workers, size }: Demo, scene: Scene): Promise<void> {
  const { bank, calendar, config, file, schedule } = scene;
  const { today, closed, old } = calendar;
  const began = Date.now();
  const tell = (what: string) => screen.say(eventLine(Date.now() - began, what));
  const writer = writeToday(at.mysql, today);
  const changer = changeOldDays(at.mysql, bank.tables, old.slice(0, 5), bank.truth);
  let late = 0;
  workers.start(file);
  tell('a worker starts; the bank goes on writing, and changes old rows');
  // Some days by backfill, each by its own run; the gaps before them are filled by the timely run that follows.
  await schedule.backfill({
    start: new Date(`${addDays(today, 1 - size.backfilled)}T00:00:00Z`),
    end: new Date(`${today}T00:00:00Z`),
    overlap: ScheduleOverlapPolicy.BUFFER_ALL,
  });
  await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ALL);
  const events = new Events(closed.length * config.tables.length, tell);
  await followToEnd({
    config,
    calendar,
    screen,
    bank: () => ({ today: writer.soFar.added, changed: changer.soFar.changed, late: changer.soFar.added + late }),
    each: async (progress) => {
      if (events.timeToKill(progress)) {
        await workers.kill();
        workers.start(file);
      }
      events.note(progress);
    },
  });
  tell('every day is archived, and what is past its retention is purged');
  screen.leaveFrame();
  const changed = await changer.stop();
  // Rows that come into days that are purged already: the next run finds them.
  for (const [round, table] of [...bank.tables.values()].entries())
    for (let each = 0; each < 5; each++)
      late += await addLate(
        bank.session,
        { table, day: old[each % old.length] ?? calendar.cutoff, truth: bank.truth },
        10_000 + 10 * each + round,
      );
  tell(`${late} rows come into days that are purged; the next run looks for them`);
  await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ALL);
  await untilPurged(bank, calendar.cutoff, (left) =>
    screen.draw([progressLine('late rows', late - left, late, 'purged')]),
  );
  tell('they are archived, proved and purged too');
  screen.leaveFrame();
  const { added } = await writer.stop();
  bank.written += changed.added + late + added;
}

/** Reports each kind of thing once, when it happens. */
class Events {
  #killed = false;
  readonly #healed = new Set<string>();

  constructor(
    readonly days: number,
    readonly tell: (what: string) => void,
  ) {}

  /** When a fifth is archived, once. */
  timeToKill({ archived }: Progress): boolean {
    if (this.#killed || archived < this.days / 5) return false;
    this.#killed = true;
    this.tell(`the worker is killed by SIGKILL at ${archived} of ${this.days}; another one goes on`);
    return true;
  }

  note({ healed }: Progress): void {
    for (const [table, { changed, late }] of healed) {
      if (this.#healed.has(table)) continue;
      this.#healed.add(table);
      const rows = [...(changed > 0 ? [`${changed} changed`] : []), ...(late > 0 ? [`${late} late`] : [])];
      this.tell(`healed ${table}: ${rows.join(', ')} since the archive`);
    }
  }
}

/** Waits until no table has a row before the cutoff. */
async function untilPurged({ session, tables }: Bank, cutoff: Day, show: (left: number) => void): Promise<void> {
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
    show(left);
    if (left === 0) return;
    if (Date.now() > deadline) throw new Error('the late rows were not purged within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
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
