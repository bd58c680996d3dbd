import type { Cursor } from '../archive/chunk.ts';
import { takeRun } from '../archive/chunkBounds.ts';
import { encodingOf } from '../archive/column.ts';
import { endCursor } from '../archive/cursor.ts';
import type { Job } from '../job/job.ts';
import { isStop } from '../job/stops.ts';
import { Fenced } from '../ledger/ledger.ts';
import type { OpenedDay } from '../partition/openDay.ts';
import { withoutDropped } from '../partition/readChunks.ts';
import { callPurge, type PurgeRun, purgeProcedure } from '../procedures/purgeProcedure.ts';
import { ensureProcedure } from '../procedures/storedProcedure.ts';
import { Allowance } from './allowance.ts';
import { closeDay, drifted } from './closeDay.ts';
import { purgeNative } from './purgeNative.ts';
import type { PacedPurge } from './purgePacing.ts';
import type { SliceResult } from './result.ts';

/** What one slice works with. */
interface Slice {
  paced: PacedPurge;
  allowance: Allowance;
  forMillis: number;
}

/**
 * Deletes an opened day's chunks, run by proved run, for as long as a slice may last; then closes the day. The trace says
 * before how far that may go, and afterwards how far it went.
 */
export async function purgeChunks(
  job: Job,
  day: OpenedDay,
  paced: PacedPurge,
  forMillis: number,
): Promise<SliceResult> {
  const allowance = new Allowance(job.ledger, day);
  try {
    const { closed, ...result } = await deleteChunks(job, day, { paced, allowance, forMillis });
    await allowance.end(closed ? 'purged' : 'purging');
    return result;
  } catch (error) {
    // A stop leaves no doubt about what was deleted before it, and the way on must not meet one.
    if (isStop(error)) await allowance.end('purging').catch(() => undefined);
    throw error;
  }
}

async function deleteChunks(
  job: Job,
  day: OpenedDay,
  { paced, allowance, forMillis }: Slice,
): Promise<SliceResult & { closed?: true }> {
  const { source, ledger, policy, attempt } = job;
  const { key, epoch, schema, row, chunks, manifest } = day;
  const result: Pick<SliceResult, 'done' | 'day' | 'native'> = { done: false, day: key.day };
  // A column that came since: what the archive lacks is archived before it is deleted (P66).
  if (chunks.slice(day.next).some((chunk) => chunk.part.width < schema.columns.length)) return drifted(job, day, 0);
  const encodings = schema.columns.map(encodingOf);
  await withoutDropped(source.store, manifest, chunks, day.next, encodings, day.change.dropped);
  const procedure = purgeProcedure(ledger.session, ledger.name, schema);
  await ensureProcedure(ledger.session, procedure);

  const until = Date.now() + forMillis;
  let { cursor } = row;
  let deleted = 0;
  let races = 0;
  let contended = 0;
  if (policy.nativePartitions === 'auto' && cursor === null && row.pass === 1 && chunks.length > 0) {
    const hold = await paced.ready(attempt, { day: key.day, deleted });
    if (attempt.signal.aborted) return { ...result, deleted };
    if (hold) return { ...result, deleted, ...hold };
    const began = Date.now();
    const native = await purgeNative(job, day, { forMillis, allowance });
    result.native = 'chunks' in native ? `in chunks: ${native.chunks}` : `exchanged ${native.exchanged.join(', ')}`;
    if ('rows' in native) {
      deleted = native.rows;
      paced.pacer.recordUnpaced(native.rows, Date.now() - began);
      day.next = chunks.length;
      attempt.count?.(
        'deleted',
        native.rows,
        chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0),
      );
    }
  }
  while (day.next < chunks.length) {
    if (attempt.signal.aborted || Date.now() > until) return { ...result, deleted };
    const hold = await paced.ready(attempt, { day: key.day, deleted });
    if (attempt.signal.aborted) return { ...result, deleted };
    if (hold) return { ...result, deleted, ...hold };
    // A run of more rows than a day may lose would be held for ever.
    const run = takeRun(chunks, day.next, Math.min(paced.pacer.rows, day.fuse.rows || Number.POSITIVE_INFINITY));
    const purge = purgeRun(day, cursor, run);
    await allowance.reach(day.next + run.chunks, paced.pacer.rows);
    const began = Date.now();
    const answer = await callPurge(ledger.session, procedure, schema, row.window, purge).catch((error) => {
      const kind = contentionOf(error);
      if (!kind || ++contended > 5) throw error;
      paced.pacer.recordContention(kind);
      return undefined;
    });
    if (!answer) continue;
    const { outcome, detail } = answer;
    const millis = Date.now() - began;
    if (outcome === 'fenced') throw new Fenced(key, epoch, detail);
    if (outcome === 'held') return { ...result, deleted, held: detail, heldBy: 'hold' };
    if (outcome === 'fuse') return { ...result, deleted, held: `fuse: ${detail}, ${day.fuse.said}`, heldBy: 'fuse' };
    // The columns changed under this slice: the next one looks at them anew.
    if (outcome === 'schema') return { ...result, deleted };
    if (outcome === 'raced' && ++races <= 5) continue;
    if (outcome !== 'deleted') return { ...result, ...(await drifted(job, day, deleted)) };
    races = contended = 0;
    deleted += run.digest.rows;
    attempt.count?.('deleted', run.digest.rows, run.uncompressedBytes);
    day.next += run.chunks;
    cursor = purge.nextCursor;
    paced.pacer.record(run.digest.rows, millis);
    const percent = Math.round((100 * day.next) / chunks.length);
    attempt.beat({ day: key.day, deleted, percent, millis, ...paced.told() });
    await paced.keepInTime();
  }
  if (await closeDay(job, day)) return { ...result, deleted, closed: true };
  return { ...result, ...(await drifted(job, day, deleted)) };
}

/** The next run of chunks as the procedure takes it. */
function purgeRun(day: OpenedDay, cursor: Cursor | null, run: ReturnType<typeof takeRun>): PurgeRun {
  const { key, epoch, schema, row, chunks } = day;
  const to = chunks[day.next + run.chunks - 1]?.to;
  return {
    ...{ day: key.day, epoch, cursor, nextCursor: to ?? endCursor, from: chunks[day.next]?.from, to },
    ...{ manifestVersion: row.manifestVersion ?? '', digest: run.digest, salt: row.salt },
    ...{ fingerprint: schema.fingerprint, fuseRows: day.fuse.rows, chunks: run.chunks },
  };
}

/** The procedure has rolled back: another's lock was in the way. */
function contentionOf(error: unknown): 'lock wait' | 'deadlock' | undefined {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  if (errno === 1205) return 'lock wait';
  return errno === 1213 ? 'deadlock' : undefined;
}
