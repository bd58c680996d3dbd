import type { Day } from '../src/model/day.ts';
import { identifier } from '../src/mysql/quote.ts';
import { selectList, transcode } from '../src/mysql/read/rowStream.ts';
import type { TableSchema } from '../src/mysql/schema/tableSchema.ts';
import { Session } from '../src/mysql/session/session.ts';
import { bankTables, corrections, insertRows } from './bank.ts';
import type { SqlAddress } from './stack.ts';

/** Rows as the archive writes them, and how often each was written; table by table. */
export type Truth = Map<string, Map<string, number>>;

/** A table of the bank, and how a day of it is bounded. */
export interface BankTable {
  schema: TableSchema;
  /** The SQL literals of a day's first moment, and of the next day's. */
  bounds(day: Day): { start: string; end: string };
}

/** The lines of a table's rows that a predicate holds for. */
export async function linesOf(session: Session, { schema }: BankTable, where: string): Promise<string[]> {
  const sql = `SELECT ${selectList(schema.columns, schema.cursorColumns)} FROM ${schema.database}.${schema.table} WHERE ${where}`;
  const { csv } = await transcode(session, sql, schema.columns, schema.cursorColumns);
  return csv.toString('latin1').split('\n').slice(0, -1);
}

export function count(lines: Map<string, number>, line: string, by: number): void {
  lines.set(line, (lines.get(line) ?? 0) + by);
}

/** Where old days went on changing for ever, their purge would rightly give up. */
const changes = 250;

/** What a writer has done. */
export interface Written {
  added: number;
  /** Rows that were there before, and have other values now. */
  changed: number;
}

/** A writer under way. */
export interface Writer {
  readonly soFar: Readonly<Written>;
  stop(): Promise<Readonly<Written>>;
}

/** Goes on inserting into today while everything runs. */
export function writeToday(at: SqlAddress, today: Day): Writer {
  return repeat(at, 100, async (session, round) => {
    let rows = 0;
    for (const { table } of bankTables)
      rows += await insertRows(session, table, { day: today, index: 75, first: round * 10, rows: 10 });
    return { added: rows, changed: 0 };
  });
}

/**
 * Corrects rows of old days and adds late ones, table after table, eight a second for half a minute: what was archived
 * is no longer what is there. What it does is kept in the truth, in the very transaction.
 */
export function changeOldDays(
  at: SqlAddress,
  tables: ReadonlyMap<string, BankTable>,
  days: readonly Day[],
  truth: Truth,
): Writer {
  return repeat(at, 120, async (session, round) => {
    if (round >= changes) return nothing;
    const name = bankTables[round % bankTables.length]?.table ?? '';
    const day = days[Math.floor(round / bankTables.length) % days.length];
    const table = tables.get(name);
    if (!table || !day) return nothing;
    if (round % 3 === 2) return { added: await addLate(session, { table, day, truth }, round), changed: 0 };
    return { added: 0, changed: await correct(session, { table, day, truth }, round) };
  });
}

/** A day of a table that is changed, and the truth that learns of it. */
export interface OldDay {
  table: BankTable;
  day: Day;
  truth: Truth;
}

/** A row that comes late into an old day. */
export async function addLate(session: Session, { table, day, truth }: OldDay, round: number): Promise<number> {
  const { schema } = table;
  const lines = truth.get(schema.table) ?? new Map<string, number>();
  return session.transaction(async () => {
    const { start, end } = table.bounds(day);
    const time = identifier(schema.timeColumn.name);
    const before = new Set(await linesOf(session, table, `${time} >= ${start} AND ${time} < ${end}`));
    // An index of its own makes keys that no other row has.
    const rows = await insertRows(session, schema.table, {
      day,
      index: 200 + round,
      first: 1 + (round % 600),
      rows: 1,
    });
    for (const line of await linesOf(session, table, `${time} >= ${start} AND ${time} < ${end}`))
      if (!before.has(line)) count(lines, line, 1);
    return rows;
  });
}

/** A row of an old day that the bank corrects, if there is one left. @returns how many */
async function correct(session: Session, { table, day, truth }: OldDay, round: number): Promise<number> {
  const { schema } = table;
  const lines = truth.get(schema.table) ?? new Map<string, number>();
  const { start, end } = table.bounds(day);
  const time = identifier(schema.timeColumn.name);
  const keys = schema.primaryKey.map((column) => identifier(column.name));
  return session.transaction(async () => {
    const [row] = await session.rows(
      `SELECT ${keys.map((key) => `QUOTE(${key})`).join(', ')} FROM bank.${schema.table} WHERE ${time} >=
        ${start} AND ${time} < ${end} ORDER BY ${time} LIMIT ${round % 500}, 1 FOR UPDATE`,
    );
    if (!row) return 0;
    const values = Object.values(row);
    const where = keys.map((key, at) => `${key} = ${values[at]}`).join(' AND ');
    const [before] = await linesOf(session, table, where);
    await session.execute(`UPDATE bank.${schema.table} SET ${corrections[schema.table]} WHERE ${where}`);
    const [after] = await linesOf(session, table, where);
    if (before === undefined || after === undefined) return 0;
    count(lines, before, -1);
    count(lines, after, 1);
    return 1;
  });
}

const nothing: Written = { added: 0, changed: 0 };

/** Works on a connection of its own, round after round, until it is stopped. */
function repeat(
  at: SqlAddress,
  pauseMillis: number,
  work: (session: Session, round: number) => Promise<Written>,
): Writer {
  let going = true;
  const soFar: Written = { added: 0, changed: 0 };
  const running = (async () => {
    const session = await Session.open({ ...at, tls: false }, 'READ COMMITTED');
    for (let round = 0; going; round++) {
      const { added, changed } = await work(session, round).catch(retryable);
      soFar.added += added;
      soFar.changed += changed;
      await new Promise((resolve) => setTimeout(resolve, pauseMillis));
    }
    session.close();
    return soFar;
  })();
  // stop() reports a failure. On Ctrl-C it isn't called, and the servers end while the writer runs.
  running.catch(() => undefined);
  return {
    soFar,
    stop: () => {
      going = false;
      return running;
    },
  };
}

/** A deadlock or a lock-wait timeout has rolled the writer's transaction back: it wrote nothing. */
function retryable(error: unknown): Written {
  if (error instanceof Error && 'errno' in error && (error.errno === 1205 || error.errno === 1213)) return nothing;
  throw error;
}
