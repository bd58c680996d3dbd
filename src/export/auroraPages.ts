import { encodingOf } from '../archive/column.ts';
import { sameDigest } from '../archive/digest.ts';
import { cutRows, removeStaged, sweepStaging } from '../aurora/staging.ts';
import { LocalDiskFull } from '../aurora/writeErrors.ts';
import { type Written, writeRange } from '../aurora/writeRange.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { formatTableName } from '../model/tableName.ts';
import type { ExportRange } from '../mysql/read/pageBounds.ts';
import type { Session } from '../mysql/session/session.ts';
import { attemptFolder, exportProcedure } from '../procedures/exportProcedure.ts';
import { ensureProcedure } from '../procedures/storedProcedure.ts';
import { canBeCopied } from '../s3/copy.ts';
import { digestChunk } from './digestPool.ts';
import type { WrittenPage } from './partWriter.ts';

/** Chunks of a day's first range: it says how many bytes a row has. */
const firstChunks = 64;
/** A range has at most so many times the rows of the one before. */
const growth = 16;

/** What the server wrote isn't what it says that its rows are: it was read back, and nothing of it was published. */
export class ExportDiffers extends Stopped {
  override readonly name = 'ExportDiffers';
}

/**
 * A day's pages, written into S3 by the server itself and read back from there by version. Each is held against MySQL's digest
 * from the snapshot that it was written in, before anything of it goes into a part. While one range is read back, the server
 * writes the next.
 * @param goOn throws where the export is to stop; asked while the server writes
 */
export async function* auroraPages(
  job: Job,
  sessions: readonly [Session, Session],
  range: ExportRange,
  { epoch, goOn }: { epoch: number; goOn(): Promise<void> },
): AsyncGenerator<WrittenPage> {
  const { source, ledger, policy, key, attempt } = job;
  const { schema } = range;
  const procedure = exportProcedure(ledger.name, source.config.store, schema);
  await ensureProcedure(ledger.session, procedure);
  const over = new AbortController();
  const signal = AbortSignal.any([attempt.signal, over.signal]);
  // Without compression a range becomes a part, by a copy.
  const rangeBytes = Math.min(
    source.auroraRangeBytes,
    policy.compression === 'none' ? policy.partBytes : Number.POSITIVE_INFINITY,
  );
  const paced = range.paced ?? ((page) => page());
  let number = 0;
  // What the server is at: a range that waits until it may begin isn't waited for at the end.
  let under: Promise<unknown> | undefined;
  const write = (after: ExportRange['after'], rows: number) => {
    const next = { range, epoch, number, after, rows, bytes: rangeBytes, procedure, signal, goOn };
    const session = sessions[number++ % 2 === 0 ? 0 : 1];
    under = undefined;
    return paced(() => {
      signal.throwIfAborted();
      const started = writeRange(job, session, next);
      under = started;
      return started;
    });
  };
  let mostRows = Number.POSITIVE_INFINITY;
  const writeWhatFits = async (after: ExportRange['after'], rows: number) => {
    for (;;)
      try {
        return await write(after, Math.min(rows, mostRows));
      } catch (error) {
        // What was written of the range is swept with the attempt's folder: the next try has a number of its own.
        if (!(error instanceof LocalDiskFull) || error.rows <= range.pageRows) throw error;
        mostRows = Math.ceil(error.rows / 2);
      }
  };
  const begin = (after: ExportRange['after'], rows: number) => {
    const writing = writeWhatFits(after, rows);
    // Thrown where it is awaited.
    writing.catch(() => undefined);
    return writing;
  };
  let writing = begin(range.after, firstChunks * range.pageRows);
  try {
    for (;;) {
      const written = await writing;
      if (!written) return;
      if (written.end) writing = begin(written.end, nextRows(written, rangeBytes));
      yield* readBack(job, range, written, signal);
      for (const { key: object, versionId } of written.objects) await removeStaged(source.store, object, versionId);
      if (!written.end) return;
    }
  } finally {
    over.abort(new Error('the export of the day is over'));
    await Promise.allSettled([under]);
    await sweepStaging(source, attemptFolder(source.config.store.prefix, key, key.day, epoch)).catch(() => undefined);
  }
}

function nextRows({ rows, bytes }: Written, rangeBytes: number): number {
  return Math.max(1, Math.min(rows * growth, Math.floor((rangeBytes * rows) / Math.max(bytes, 1))));
}

async function* readBack(
  { source, policy, key }: Job,
  { schema, salt }: ExportRange,
  { chunks, objects }: Written,
  signal: AbortSignal,
): AsyncGenerator<WrittenPage> {
  const isCopied = policy.compression === 'none' && canBeCopied(objects);
  const encodings = schema.columns.map(encodingOf);
  const counts = chunks.map((chunk) => chunk.digest.rows);
  let number = 0;
  for await (const csv of cutRows(source, objects, counts, signal)) {
    const chunk = chunks[number++];
    if (!chunk) return;
    // The thread takes the memory that it is given, and the part needs the bytes too.
    const found = await digestChunk({ csv: new Uint8Array(csv), encodings, salt });
    const differs = found.damage ?? (sameDigest(found.digest, chunk.digest) ? undefined : 'its digest is another');
    if (differs !== undefined)
      throw new ExportDiffers(
        `${formatTableName(policy)} ${key.day}: what the server wrote into S3 isn't what it says that its rows are ` +
          `(${objects[0]?.key}, rows up to ${chunk.cursor.join(', ')}: ${differs}). Nothing of it was published. ` +
          'Run sediment doctor --probe, and write engine: stream for this table meanwhile',
      );
    const { cursor, digest, minKey, maxKey } = chunk;
    const staged = isCopied ? { objects, ends: number === chunks.length } : undefined;
    yield { csv, cursor, digest, minKey, maxKey, staged };
  }
}
