import type { Cursor } from '../../archive/chunk.ts';
import type { Digest } from '../../archive/digest.ts';
import { digestQuery } from '../expressions.ts';
import { literal } from '../quote.ts';
import { killStatement } from '../session/killStatement.ts';
import type { Session } from '../session/session.ts';
import { findLostValues } from './lostText.ts';
import { boundPage, type ExportRange, type PageBounds } from './pageBounds.ts';
import { selectList, type TranscodedRows, transcode, ValueLost } from './rowStream.ts';

/** A chunk's rows as CSV, in any order, and MySQL's own digest of them from the snapshot that they were read in. */
export interface ProvedPage {
  csv: Buffer;
  /** The cursor of the last row. */
  cursor: Cursor;
  digest: Digest;
  /** Smallest and largest value of the primary key's first column. */
  minKey: string;
  maxKey: string;
}

/** Two reads in one snapshot gave different rows: the session isn't REPEATABLE READ, or the server is broken. */
export class SnapshotBroken extends Error {
  override readonly name = 'SnapshotBroken';
}

/** Some 50,000 rows of 175 bytes. A page is this much memory, and a snapshot of a fraction of a second. */
const defaultPageBytes = 8 << 20;

/** The rows of a page that was larger than `pageBytes`. They are read again in smaller pages. */
interface Oversize {
  after: Cursor | undefined;
  to: Cursor | undefined;
  /** How many of them fit into a page. */
  fit: number;
}

/** A page that a session is reading. */
interface PageReading {
  session: Session;
  /** Where the next page begins; undefined if this one is the range's last, or there is none. */
  end: Promise<Cursor | undefined>;
  page: Promise<ProvedPage | Oversize | undefined>;
}

/**
 * Reads a day in keyset pages, each in a short consistent snapshot of its own. Both sessions work at once: a page can
 * begin as soon as the one before it has found its end.
 * @throws ValuesLost, SnapshotBroken, or the driver's error
 */
export async function* readPages(
  sessions: readonly [Session, Session],
  range: ExportRange,
): AsyncGenerator<ProvedPage> {
  let limit = range.pageRows;
  let last: Promise<{ after: Cursor | undefined } | undefined> = Promise.resolve({ after: range.after });
  const begin = (session: Session): PageReading => {
    const reading = readNext(session, range, last, limit);
    last = reading.end.then((cursor) => cursor && { after: cursor });
    last.catch(() => undefined);
    return reading;
  };
  // After the first page, COMMIT AND CHAIN begins the transaction of each next one.
  for (const session of sessions) await session.execute('START TRANSACTION');
  const underWay = sessions.map(begin);
  try {
    for (let reading = underWay.shift(); reading; reading = underWay.shift()) {
      const page = await reading.page;
      if (!page) return;
      if ('fit' in page)
        for await (const smaller of smallerPages(reading.session, range, page)) {
          limit = nextLimit(range, smaller);
          yield smaller;
        }
      else limit = nextLimit(range, page);
      underWay.push(begin(reading.session));
      if (!('fit' in page)) yield page;
    }
  } finally {
    await Promise.allSettled(underWay.map(({ page }) => page));
    await Promise.allSettled(sessions.map((session) => session.execute('COMMIT')));
  }
}

/**
 * Ends the page's transaction. The next one takes its snapshot at its first read. Nobody waits for the answer, which saves
 * a tenth of a page's time: nothing was changed, and if the connection is lost, the next statement says so.
 */
function endSnapshot(session: Session): void {
  session.execute('COMMIT AND CHAIN').catch(() => undefined);
}

/** Rows for the next page: as many as fit if they are as long as those of the last page, so that pages are seldom cut. */
function nextLimit(range: ExportRange, page: ProvedPage): number {
  const fit = Math.floor(((range.pageBytes ?? defaultPageBytes) * page.digest.rows) / Math.max(page.csv.length, 1));
  return Math.max(1, Math.min(range.pageRows, fit));
}

function readNext(
  session: Session,
  range: ExportRange,
  before: Promise<{ after: Cursor | undefined } | undefined>,
  limit: number,
): PageReading {
  let ends: (cursor: Cursor | undefined) => void = () => undefined;
  const end = new Promise<Cursor | undefined>((resolve) => {
    ends = resolve;
  });
  const page = before.then(
    (start) => start && paced(range, () => readWithEnd(session, range, { after: start.after, limit, ends })),
  );
  // Where there is no page, or it failed, none follows. Who waits for the failed one's rows hears why.
  const over = () => ends(undefined);
  page.then(over, over);
  return { session, end, page };
}

/** Finds a page's end, tells it to the next reading, and reads the page. */
async function readWithEnd(
  session: Session,
  range: ExportRange,
  { after, limit, ends }: { after: Cursor | undefined; limit: number; ends: (cursor: Cursor | undefined) => void },
): Promise<ProvedPage | Oversize | undefined> {
  const bounds = await boundPage(session, range, after, limit);
  if (bounds?.ended === false) ends(bounds.cursor);
  const read = bounds && (await readPage(session, range, bounds));
  endSnapshot(session);
  if (!read || !('fit' in read)) return read;
  return { ...read, after, to: bounds?.ended ? range.to : bounds?.cursor };
}

function paced<Page>(range: ExportRange, page: () => Promise<Page>): Promise<Page> {
  return range.paced ? range.paced(page) : page();
}

/** The rows of a page that was too large, in smaller pages, each in its own snapshot. */
async function* smallerPages(session: Session, range: ExportRange, oversize: Oversize): AsyncGenerator<ProvedPage> {
  const part = { ...range, to: oversize.to };
  let { after, fit } = oversize;
  for (;;) {
    const { bounds, page } = await paced(range, async () => {
      const bounds = await boundPage(session, part, after, fit);
      const page = bounds && (await readPage(session, part, bounds));
      endSnapshot(session);
      return { bounds, page };
    });
    if (!bounds || !page) return;
    if ('fit' in page) {
      fit = page.fit;
      continue;
    }
    yield page;
    if (bounds.ended) return;
    after = bounds.cursor;
    fit = nextLimit(range, page);
  }
}

/** Reads a page and its digest. A single row is a page, whatever its size. */
async function readPage(
  session: Session,
  range: ExportRange,
  bounds: PageBounds,
): Promise<ProvedPage | Pick<Oversize, 'fit'>> {
  const read = await readRows(session, range, bounds);
  if (read.cut && bounds.rows > 1) return { fit: Math.max(1, Math.min(read.rows, bounds.rows >> 1)) };
  const digest = await digestRows(session, range, bounds);
  if (read.rows !== bounds.rows || digest.rows !== bounds.rows)
    throw new SnapshotBroken(
      `a page of ${bounds.rows} rows has ${read.rows} read and ${digest.rows} in the digest of the same snapshot`,
    );
  const { cursor, minKey, maxKey } = bounds;
  return { csv: read.csv, cursor, digest, minKey, maxKey };
}

async function readRows(session: Session, range: ExportRange, { from, where }: PageBounds): Promise<TranscodedRows> {
  const { schema } = range;
  const sql = `SELECT ${selectList(schema.columns, [])} FROM ${from} WHERE ${where}`;
  let stopping: Promise<unknown> | undefined;
  const stop = () => {
    stopping = killStatement(session, [sql.slice(0, 200)]);
    // A failure is thrown where it is awaited.
    stopping.catch(() => undefined);
  };
  try {
    const bytes = range.pageBytes ?? defaultPageBytes;
    const read = await transcode(session, sql, schema.columns, [], { bytes, stop });
    if (stopping) {
      await stopping;
      // KILL QUERY may arrive after our statement ended and would hit the next one. This statement absorbs it.
      await session.execute('DO 0').catch((error) => {
        if (error.code !== 'ER_QUERY_INTERRUPTED') throw error;
      });
    }
    return read;
  } catch (error) {
    if (!(error instanceof ValueLost)) throw error;
    throw await findLostValues(session, schema, where, { cause: error });
  }
}

/** MySQL's digest of a page's rows. @throws ValuesLost */
async function digestRows(session: Session, range: ExportRange, bounds: PageBounds): Promise<Digest> {
  return (await digestAndSize(session, range, bounds)).digest;
}

/** The same, with the sum of what `bytes` says of a row. @param bytes SQL @throws ValuesLost */
export async function digestAndSize(
  session: Session,
  range: ExportRange,
  { from, where }: PageBounds,
  bytes?: string,
): Promise<{ digest: Digest; bytes: number }> {
  const { columns } = range.schema;
  const sql = digestQuery({ columns, salt: literal(range.salt), from, where, bytes }, session.flavor);
  const [row] = await session.rows(sql);
  if (Number(row?.digest_lost) > 0) throw await findLostValues(session, range.schema, where);
  return {
    digest: { rows: Number(row?.digest_rows), xor: String(row?.digest_xor) },
    bytes: Number(row?.digest_bytes ?? 0),
  };
}
