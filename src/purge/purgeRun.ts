import { type BoundedChunk, takeRun } from '../archive/chunkBounds.ts';
import { endCursor } from '../archive/cursor.ts';
import { type Digest, mergeDigests } from '../archive/digest.ts';
import type { Job } from '../job/job.ts';
import { Fenced } from '../ledger/ledger.ts';
import { isDeadlock, isLockWait } from '../mysql/errors.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { digestWithoutDropped } from '../partition/readChunks.ts';
import { callPurge, type PurgeRun } from '../procedures/purgeProcedure.ts';
import type { Position } from './position.ts';
import type { Slice, Step } from './slice.ts';

/** How often a run is tried again that met another transaction's locks, or rows that changed meanwhile. */
const triesAgain = 5;

/** Proves and deletes the next run of chunks in one transaction. */
export async function purgeNextRun(slice: Slice, position: Position): Promise<Step> {
  const { job, day, procedure, paced, allowance, until } = slice;
  const { ledger, attempt } = job;
  const { key, epoch, schema } = day;
  let races = 0;
  let contended = 0;
  for (;;) {
    if (attempt.signal.aborted || Date.now() > until) return { position, end: {} };
    const hold = await paced.ready(attempt, { day: key.day, deleted: position.deleted });
    if (attempt.signal.aborted) return { position, end: {} };
    if (hold) return { position, end: hold };
    const run = await nextRun(slice, position);
    await allowance.reach(position, position.next + run.chunks, paced.pacer.rows);
    const began = Date.now();
    const transact = () => callPurge(ledger.session, procedure, schema, run);
    const answer = await paced.pacer.during(transact).catch((error) => {
      const kind = contentionOf(error);
      if (!kind || contended === triesAgain) throw error;
      paced.pacer.recordContention(kind);
      return undefined;
    });
    if (!answer) {
      contended++;
      continue;
    }
    const { outcome, detail } = answer;
    switch (outcome) {
      case 'deleted':
        return { position: await recordDeleted(slice, position, { run, millis: Date.now() - began }) };
      case 'fenced':
        throw new Fenced(key, epoch, detail);
      case 'held':
        return { position, end: { held: detail, heldBy: 'hold' } };
      case 'fuse':
        return { position, end: { held: `fuse: ${detail}, ${day.fuse.setting}`, heldBy: 'fuse' } };
      case 'schema':
        // The columns changed under this slice: the next one reads them again.
        return { position, end: {} };
      case 'raced':
        if (races === triesAgain) return { position, end: { drifted: true } };
        races++;
        break;
      case 'drift':
        return { position, end: { drifted: true } };
      default:
        throw new Error(`${procedure.name} answered ${outcome satisfies never}`);
    }
  }
}

/** The next run of chunks, as the procedure takes it. It has no more rows than a UTC day may lose, because it would wait for ever. */
async function nextRun(
  { job, day, paced }: Slice,
  { next, cursor }: Position,
): Promise<PurgeRun & { uncompressedBytes: number }> {
  const { key, epoch, schema, row, chunks, fuse } = day;
  const { uncompressedBytes, ...run } = takeRun(
    chunks,
    next,
    Math.min(paced.pacer.rows, fuse.rows || Number.POSITIVE_INFINITY),
  );
  const to = chunks[next + run.chunks - 1]?.to;
  return {
    day: key.day,
    window: row.window,
    epoch,
    cursor,
    nextCursor: to ?? endCursor,
    from: chunks[next]?.from,
    to,
    manifestVersion: row.manifestVersion ?? '',
    digest: await digestOfRun(job, day, chunks.slice(next, next + run.chunks)),
    salt: row.salt,
    fingerprint: schema.fingerprint,
    fuseRows: fuse.rows,
    chunks: run.chunks,
    uncompressedBytes,
  };
}

async function digestOfRun({ source }: Job, day: OpenedDay, chunks: readonly BoundedChunk[]): Promise<Digest> {
  const digests: Digest[] = [];
  for (const chunk of chunks) digests.push(await digestWithoutDropped(source.store, day, chunk));
  return mergeDigests(digests);
}

/** Counts a deleted run, and paces the next. */
async function recordDeleted(
  { job, day, paced }: Slice,
  { next, deleted }: Position,
  { run, millis }: { run: Awaited<ReturnType<typeof nextRun>>; millis: number },
): Promise<Position> {
  const { rows } = run.digest;
  const reached = { next: next + run.chunks, cursor: run.nextCursor, deleted: deleted + rows };
  job.attempt.count?.('deleted', rows, run.uncompressedBytes);
  paced.pacer.record(rows, millis);
  const percent = Math.round((100 * reached.next) / day.chunks.length);
  job.attempt.heartbeat({ day: day.key.day, deleted: reached.deleted, percent, millis, ...paced.summary() });
  await paced.keepInTime();
  return reached;
}

/** What was in the way of a transaction that has rolled back; undefined where it failed by something else. */
function contentionOf(error: unknown): 'lock wait' | 'deadlock' | undefined {
  if (isLockWait(error)) return 'lock wait';
  return isDeadlock(error) ? 'deadlock' : undefined;
}
