import type { Cursor } from '../archive/chunk.ts';
import type { Job } from '../job/job.ts';
import { formatTableName } from '../model/tableName.ts';
import { csvBytesExpression } from '../mysql/csvExpression.ts';
import { boundPage, type ExportRange, type PageBounds } from '../mysql/read/pageBounds.ts';
import { digestAndSize, type ProvedPage, SnapshotBroken } from '../mysql/read/pages.ts';
import { ValueLost } from '../mysql/read/rowStream.ts';
import { killStatement } from '../mysql/session/killStatement.ts';
import type { Session } from '../mysql/session/session.ts';
import { attemptFolder, exportCall, statementMark } from '../procedures/exportProcedure.ts';
import type { StoredProcedure } from '../procedures/storedProcedure.ts';
import type { ObjectHead } from '../s3/storedObject.ts';
import { stagedObjects } from './staging.ts';
import { namedWriteError } from './writeErrors.ts';

/** A chunk of a range: where it ends, and MySQL's digest of it. */
export type DigestedChunk = Omit<ProvedPage, 'csv'>;

/** A range that the server has written, and what it holds by the snapshot that it was written in. */
export interface Written {
  chunks: readonly DigestedChunk[];
  objects: readonly ObjectHead[];
  rows: number;
  bytes: number;
  /** Where the next range begins; undefined if this is the day's last. */
  end: Cursor | undefined;
}

/** A range that is about to be written. */
export interface NextRange {
  range: ExportRange;
  epoch: number;
  number: number;
  after: Cursor | undefined;
  /** Rows at which it ends, with the chunk that they end in. */
  rows: number;
  /** Bytes of CSV, as MySQL estimates them before anything is written, at which it ends likewise. */
  bytes: number;
  procedure: StoredProcedure;
  /** Aborted where nobody wants it any more. */
  signal: AbortSignal;
  /** Asked each second while the server writes; throws where it is to stop. */
  goOn(): Promise<void>;
}

/**
 * Has the server write a range into S3: its chunks' bounds and digests, and the statement that writes their rows, see one
 * snapshot. Undefined if no row is left.
 * @throws AuroraWriteRefused, AuroraWriteFailed, ValuesLost, SnapshotBroken, what `goOn` throws
 */
export async function writeRange(job: Job, session: Session, next: NextRange): Promise<Written | undefined> {
  await session.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  try {
    const chunks = await digestChunks(session, next);
    const last = chunks.at(-1);
    if (!last) return undefined;
    const rows = chunks.reduce((sum, chunk) => sum + chunk.digest.rows, 0);
    await callExport(job, session, next, { rows, to: last.ended ? undefined : last.cursor });
    const folder = attemptFolder(job.source.config.store.prefix, job.key, job.key.day, next.epoch);
    const objects = await stagedObjects(job.source, `${folder}r${String(next.number).padStart(6, '0')}.csv`);
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
    return { chunks, objects, rows, bytes, end: last.ended ? undefined : last.cursor };
  } finally {
    await session.execute('ROLLBACK').catch(() => undefined);
  }
}

async function digestChunks(
  session: Session,
  { range, after, rows, bytes, signal }: NextRange,
): Promise<(DigestedChunk & { ended: boolean })[]> {
  const chunks: (DigestedChunk & { ended: boolean })[] = [];
  const rowBytes = csvBytesExpression(range.schema.columns);
  let found = 0;
  let foundBytes = 0;
  for (let from = after; found < rows && foundBytes < bytes; ) {
    signal.throwIfAborted();
    const bounds: PageBounds | undefined = await boundPage(session, range, from, range.pageRows);
    if (!bounds) {
      // The last chunk was full, and is the day's last.
      const last = chunks.at(-1);
      if (last) last.ended = true;
      break;
    }
    const { digest, bytes: chunkBytes } = await digestAndSize(session, range, bounds, rowBytes);
    if (digest.rows !== bounds.rows)
      throw new SnapshotBroken(`a chunk of ${bounds.rows} rows has ${digest.rows} in the digest of the same snapshot`);
    const { cursor, minKey, maxKey, ended } = bounds;
    chunks.push({ cursor, minKey, maxKey, digest, ended });
    found += digest.rows;
    foundBytes += chunkBytes;
    from = cursor;
    if (ended) break;
  }
  return chunks;
}

async function callExport(
  job: Job,
  session: Session,
  next: NextRange,
  { rows, to }: { rows: number; to: Cursor | undefined },
): Promise<void> {
  const { source, key, policy } = job;
  const { range, procedure, epoch, number } = next;
  const { window } = range;
  const call = exportCall(procedure, range.schema, { day: key.day, epoch, number, window, from: next.after, to });
  const folder = attemptFolder(source.config.store.prefix, key, key.day, epoch);
  const writing = {
    table: `${formatTableName(policy)} ${key.day}`,
    bucket: source.config.store.bucket,
    folder,
    user: source.config.source.user,
    rows,
  };
  const marks = [procedure.name, statementMark(key, { day: key.day, epoch, number })];
  const sets = await killable(session, marks, next, () => session.rows<unknown>(call)).catch((error: unknown) => {
    throw namedWriteError(error, writing);
  });
  const [answer] = (Array.isArray(sets[0]) ? sets[0] : sets) as Record<string, string | null>[];
  if (Number(answer?.warnings) > 0)
    throw new ValueLost(`${answer?.warnings} warnings while ${writing.table} was written`);
  if (Number(answer?.exported) !== rows)
    throw new SnapshotBroken(
      `${writing.table}: the server wrote ${answer?.exported} rows where its snapshot has ${rows}`,
    );
}

/** Between two looks at whether the statement is to go on. */
const lookMillis = 1000;

/** The answer to a statement that is ended on the server as soon as nobody wants it. */
async function killable<Answer>(
  session: Session,
  marks: readonly string[],
  { signal, goOn }: Pick<NextRange, 'signal' | 'goOn'>,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted();
  let reason: unknown;
  const stop = (why: unknown) => {
    if (reason !== undefined) return;
    reason = why;
    killing = killStatement(session, marks).catch(() => false);
  };
  let killing: Promise<unknown> | undefined;
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setInterval(() => void goOn().catch(stop), lookMillis);
  try {
    return await ask();
  } catch (error) {
    throw reason ?? error;
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', onAbort);
    await killing;
  }
}
