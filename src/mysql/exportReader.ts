import type { Cursor } from '../archive/chunk.ts';
import type { DayWindow } from '../archive/day.ts';
import type { Digest } from '../archive/digest.ts';
import { cursorLiteral, digestQuery } from './expressions.ts';
import { findLostValues } from './lostValues.ts';
import { identifier, literal } from './quote.ts';
import { rangePredicate } from './range.ts';
import { selectList, type TranscodedRows, transcode, ValueLost } from './rowStream.ts';
import type { Session } from './session.ts';
import { indexedTable, type TableSchema } from './tableSchema.ts';

/** What to read: a table's day after a cursor, in pages of at most so many rows. */
export interface ExportRange {
  schema: TableSchema;
  window: DayWindow;
  after: Cursor | undefined;
  /** Up to and with this cursor; left out: to the day's end. */
  to?: Cursor | undefined;
  salt: string;
  pageRows: number;
}

/** A chunk's CSV bytes, and MySQL's own digest of it from the very snapshot that the bytes were read in. */
export interface ProvedPage {
  csv: Buffer;
  cursor: Cursor;
  digest: Digest;
}

/** One snapshot showed two different sets of rows: the session isn't REPEATABLE READ, or the server is broken. */
export class SnapshotBroken extends Error {
  override readonly name = 'SnapshotBroken';
}

/**
 * Reads a day in keyset pages, each in a short consistent snapshot of its own.
 * Two sessions take turns: while one digests page k, the other reads page k+1.
 * @throws ValuesLost, SnapshotBroken, or the driver's error
 */
export async function* readPages(
  sessions: readonly [Session, Session],
  range: ExportRange,
): AsyncGenerator<ProvedPage> {
  let turn = 0;
  let after = range.after;
  let digesting: { page: TranscodedRows; digest: Promise<Digest> } | undefined;
  const idle: [Promise<unknown>, Promise<unknown>] = [Promise.resolve(), Promise.resolve()];
  try {
    for (;;) {
      const side = (turn++ % 2) as 0 | 1;
      await idle[side];
      const page = await readPage(sessions[side], range, after);
      const digest = page.rows > 0 ? digestPage(sessions[side], range, after, page) : endSnapshot(sessions[side]);
      digest.catch(() => undefined);
      idle[side] = digest;
      const earlier = digesting;
      digesting = page.rows > 0 ? { page, digest: digest as Promise<Digest> } : undefined;
      if (earlier) yield await proved(earlier);
      if (page.rows < range.pageRows) break;
      after = page.cursor;
    }
    if (digesting) yield await proved(digesting);
  } finally {
    await Promise.allSettled(idle);
  }
}

async function proved(read: { page: TranscodedRows; digest: Promise<Digest> }): Promise<ProvedPage> {
  const digest = await read.digest;
  if (digest.rows !== read.page.rows)
    throw new SnapshotBroken(`a page of ${read.page.rows} rows has ${digest.rows} in the digest of the same snapshot`);
  return { csv: read.page.csv, cursor: read.page.cursor ?? [], digest };
}

async function readPage(session: Session, range: ExportRange, after: Cursor | undefined): Promise<TranscodedRows> {
  const { schema } = range;
  await session.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  const order = schema.cursorColumns.map((column) => identifier(column.name)).join(', ');
  const sql = `SELECT ${selectList(schema.columns, schema.cursorColumns)} FROM ${indexedTable(schema)} WHERE ${predicate(range, after, range.to)} ORDER BY ${order} LIMIT ${range.pageRows}`;
  try {
    return await transcode(session, sql, schema.columns, schema.cursorColumns);
  } catch (error) {
    if (!(error instanceof ValueLost)) throw error;
    throw await findLostValues(session, schema, predicate(range, after, range.to), { cause: error });
  }
}

async function digestPage(
  session: Session,
  range: ExportRange,
  after: Cursor | undefined,
  page: TranscodedRows,
): Promise<Digest> {
  const { schema } = range;
  const where = predicate(range, after, page.rows < range.pageRows ? range.to : page.cursor);
  const sql = digestQuery(
    { columns: schema.columns, salt: literal(range.salt), from: indexedTable(schema), where },
    session.flavor,
  );
  const [row] = await session.rows(sql);
  if (Number(row?.digest_lost) > 0) throw await findLostValues(session, schema, where);
  await endSnapshot(session);
  return { rows: Number(row?.digest_rows), xor: String(row?.digest_xor) };
}

async function endSnapshot(session: Session): Promise<void> {
  await session.execute('COMMIT');
}

/** The SQL predicate of a day's rows after one cursor and up to another. */
export function predicate(
  range: Pick<ExportRange, 'schema' | 'window'>,
  after: Cursor | undefined,
  to: Cursor | undefined,
): string {
  const { schema, window } = range;
  const bound = (cursor: Cursor) =>
    schema.cursorColumns.map((column, index) => cursorLiteral(column, cursor[index] ?? ''));
  return rangePredicate(
    schema.cursorColumns,
    { start: cursorLiteral(schema.timeColumn, window.start), end: cursorLiteral(schema.timeColumn, window.end) },
    { from: after && bound(after), to: to && bound(to) },
  );
}
