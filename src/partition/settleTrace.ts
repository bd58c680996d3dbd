import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { formatTableName } from '../model/tableName.ts';
import { chunkAt } from './chunkAt.ts';
import type { DayView } from './compareChunk.ts';
import type { OpenedDay } from './open/openedDay.ts';
import { rowsGone } from './provePurged.ts';
import { pointAt, rewindCommand, rewindHint, WentBackInTime } from './purgeTrace.ts';

/**
 * Compares the ledger's cursor with the trace, for an attempt that has opened the day. If the slice before was killed, the
 * trace says how far it may have come, and the ledger how far it came. If the ledger lacks its last commits, the whole
 * next chunk is missing from the table, which must not count as drift. Then the trace is closed, because a heal may change
 * the chunks that it names.
 * @throws WentBackInTime, Stopped, Fenced
 */
export async function settleTrace(job: Job, day: OpenedDay): Promise<void> {
  const { trace, row, chunks, next, key } = day;
  const { standing } = trace;
  if (!standing || standing.pass !== row.pass) return;
  // If no chunk of a newer manifest ends there, it counts as behind the last chunk.
  const done = chunkAt(chunks, standing.done.cursor) ?? chunks.length;
  if (next < done)
    throw new WentBackInTime(
      key,
      `by ${trace.objectKey} the purge had come to chunk ${done}, the ledger's cursor is after chunk ${next}`,
    );
  if (!trace.isOpen) return;
  const chunk = chunks[next];
  if (chunk && next < (chunkAt(chunks, standing.until.cursor) ?? chunks.length)) await refuseGone(job, day, chunk);
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
    [
      `${formatTableName(day.key)} ${day.key.day}: all ${chunk.rows} rows of the chunk behind the ledger's ` +
        `cursor are gone from the table, and ${day.trace.objectKey} let the last slice delete them: it was killed, ` +
        `and the ledger doesn't count them.`,
      'Nothing is deleted or healed; once accepted, they stay in the archive and count as purged.',
      rewindHint,
    ].join(' '),
    { command: rewindCommand(day.key) },
  );
}
