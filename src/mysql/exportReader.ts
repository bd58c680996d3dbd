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
  /** CSV bytes at which a page ends, whatever its rows; left out, 8 MiB. */
  pageBytes?: number;
}

/** A chunk's CSV bytes, and MySQL's own digest of it from the very snapshot that the bytes were read in. */
export interface ProvedPage {
  csv: Buffer;
  cursor: Cursor;
  digest: Digest;
  /** Smallest and largest value of the primary key's first column. */
  minKey: string;
  maxKey: string;
}

/** One snapshot showed two different sets of rows: the session isn't REPEATABLE READ, or the server is broken. */
export class SnapshotBroken extends Error {
  override readonly name = 'SnapshotBroken';
}

type Proof = Pick<ProvedPage, 'digest' | 'minKey' | 'maxKey'>;

/** Some 50,000 rows of 175 bytes: a snapshot of a fraction of a second, and what memory holds of a page but for its last row. */
const defaultPageBytes = 8 << 20;

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
  let limit = range.pageRows;
  let digesting: { page: TranscodedRows; proof: Promise<Proof> } | undefined;
  const idle: [Promise<unknown>, Promise<unknown>] = [Promise.resolve(), Promise.resolve()];
  try {
    for (;;) {
      const side = (turn++ % 2) as 0 | 1;
      await idle[side];
      const session = sessions[side];
      const page = await readPage(session, sessions[1 - side] as Session, range, after, limit);
      const ended = !page.cut && page.rows < limit;
      const proof = page.rows > 0 ? provePage(session, range, after, page, ended) : endSnapshot(session);
      proof.catch(() => undefined);
      idle[side] = proof;
      const earlier = digesting;
      digesting = page.rows > 0 ? { page, proof: proof as Promise<Proof> } : undefined;
      if (earlier) yield await proved(earlier);
      if (ended) break;
      after = page.cursor;
      limit = nextLimit(range, page);
    }
    if (digesting) yield await proved(digesting);
  } finally {
    await Promise.allSettled(idle);
  }
}

/** Rows for the next page: as many of the last one's size as fit, so that a page seldom has to be cut. */
function nextLimit(range: ExportRange, page: TranscodedRows): number {
  const fit = Math.floor(((range.pageBytes ?? defaultPageBytes) * page.rows) / Math.max(page.csv.length, 1));
  return Math.max(1, Math.min(range.pageRows, fit));
}

async function proved({ page, proof }: { page: TranscodedRows; proof: Promise<Proof> }): Promise<ProvedPage> {
  const { digest, minKey, maxKey } = await proof;
  if (digest.rows !== page.rows)
    throw new SnapshotBroken(`a page of ${page.rows} rows has ${digest.rows} in the digest of the same snapshot`);
  return { csv: page.csv, cursor: page.cursor ?? [], digest, minKey, maxKey };
}

/** `other` ends the statement where its rows are larger than those before them. */
async function readPage(
  session: Session,
  other: Session,
  range: ExportRange,
  after: Cursor | undefined,
  limit: number,
): Promise<TranscodedRows> {
  const { schema } = range;
  await session.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  const order = schema.cursorColumns.map((column) => identifier(column.name)).join(', ');
  const where = predicate(range, after, range.to);
  const sql = `SELECT ${selectList(schema.columns, schema.cursorColumns)} FROM ${indexedTable(schema)} WHERE ${where} ORDER BY ${order} LIMIT ${limit}`;
  let stopping: Promise<unknown> | undefined;
  const stop = () => {
    stopping = other.execute(`KILL QUERY ${session.connection.threadId}`);
  };
  const bytes = range.pageBytes ?? defaultPageBytes;
  try {
    const page = await transcode(session, sql, schema.columns, schema.cursorColumns, { bytes, stop });
    if (stopping) {
      await stopping;
      // A kill that came after the statement's end would meet the next one: this one is there to be met.
      await session.execute('DO 0').catch((error) => {
        if (error.code !== 'ER_QUERY_INTERRUPTED') throw error;
      });
    }
    return page;
  } catch (error) {
    if (!(error instanceof ValueLost)) throw error;
    throw await findLostValues(session, schema, where, { cause: error });
  }
}

async function provePage(
  session: Session,
  range: ExportRange,
  after: Cursor | undefined,
  page: TranscodedRows,
  ended: boolean,
): Promise<Proof> {
  const { schema } = range;
  const [key] = schema.primaryKey;
  if (!key) throw new RangeError('a table without a primary key');
  const where = predicate(range, after, ended ? range.to : page.cursor);
  const sql = digestQuery(
    { columns: schema.columns, salt: literal(range.salt), from: indexedTable(schema), where, bounded: key },
    session.flavor,
  );
  const [row] = await session.rows(sql);
  if (Number(row?.digest_lost) > 0) throw await findLostValues(session, schema, where);
  await endSnapshot(session);
  return {
    digest: { rows: Number(row?.digest_rows), xor: String(row?.digest_xor) },
    minKey: String(row?.min_key),
    maxKey: String(row?.max_key),
  };
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
    window.rows === undefined
      ? { start: cursorLiteral(schema.timeColumn, window.start), end: cursorLiteral(schema.timeColumn, window.end) }
      : window,
    { from: after && bound(after), to: to && bound(to) },
  );
}
