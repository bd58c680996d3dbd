import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { formatTableName } from '../model/tableName.ts';
import type { DayView } from './compareChunk.ts';
import type { OpenedDay } from './openedDay.ts';
import { placeOf } from './placeOf.ts';
import { rowsGone } from './provePurged.ts';
import { pointAt, rewindCommand, WentBackInTime } from './purgeTrace.ts';

/**
 * Holds the ledger's cursor against the trace, for an attempt that has opened the day. Where the slice before this one
 * was killed, the trace says how far it may have come and the ledger how far it did; a ledger of before its last commits
 * would leave the next chunk gone whole: that is never drift. Then the trace is closed, so that a heal that changes
 * chunks leaves none of its bounds in the air.
 * @throws WentBackInTime, Stopped, Fenced
 */
export async function settleTrace(job: Job, day: OpenedDay): Promise<void> {
  const { trace, row, chunks, next, key } = day;
  const { standing } = trace;
  if (!standing || standing.pass !== row.pass) return;
  // Where a newer manifest has no chunk that ends there, behind every chunk.
  const done = placeOf(chunks, standing.done.cursor) ?? chunks.length;
  if (next < done)
    throw new WentBackInTime(
      key,
      `by ${trace.place} the purge had come to chunk ${done}, the ledger's cursor stands behind chunk ${next}`,
    );
  if (!trace.isOpen) return;
  const chunk = chunks[next];
  if (chunk && next < (placeOf(chunks, standing.until.cursor) ?? chunks.length)) await refuseGone(job, day, chunk);
  const here = pointAt(chunks, next, row.rowsDeleted);
  await trace.write(job.ledger, row, { done: here });
}

async function refuseGone({ source, policy }: Job, day: OpenedDay, chunk: BoundedChunk): Promise<void> {
  const gone = await source.withSnapshots((sessions) => {
    const view: DayView = { store: source.store, sessions, pageRows: policy.chunkRows, ...day };
    return rowsGone(view, chunk);
  });
  if (gone < chunk.rows) return;
  throw new Stopped(
    `${formatTableName(day.key)} ${day.key.day}: all ${chunk.rows} rows of the chunk behind the ledger's cursor are gone from the table, and ${day.trace.place} let the last slice delete them: it was killed, and the ledger doesn't count them. Nothing is deleted or healed; once accepted, they stay in the archive and count as purged. ${rewindCommand(day.key)}`,
  );
}
