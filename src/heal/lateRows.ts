import type { Cursor } from '../archive/chunk.ts';
import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { type Digest, emptyDigest, mergeDigests } from '../archive/digest.ts';
import type { Job } from '../job/job.ts';
import type { DayView } from '../partition/compareChunk.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { type HeldPurge, PacedPurge } from '../partition/pacedPurge.ts';
import { publishRevision } from '../partition/publishRevision.ts';
import { readChunks } from '../partition/readChunks.ts';
import { BatchSize } from './batchSize.ts';
import { chunksNear } from './chunksNear.ts';
import { classifyReinserted, type LiveRow } from './classifyReinserted.ts';
import { deleteReinserted, digestOf } from './deleteReinserted.ts';
import { LatePart } from './latePart.ts';
import { countHealed, proveParts } from './proveParts.ts';
import { findArchived, liveRows } from './reinserted.ts';
import type { HealResult } from './result.ts';

/** What a look at all late rows has come to. */
interface Look {
  deleted: number;
  /** Rows that stay, and their digest. */
  left: Digest;
  held?: HeldPurge | undefined;
}

/**
 * Rows found in a day whose pass is purged: identical to an archived one, they are deleted against that line, in runs, as
 * any purge deletes; with an archived key and other values, they stay (or are kept beside it, as the policy says); new
 * ones make a further pass. The rows are looked at in batches, so that memory doesn't grow with them.
 */
export async function archiveLateRows(job: Job, day: OpenedDay, view: DayView): Promise<HealResult> {
  const { ledger, attempt } = job;
  const paced = await PacedPurge.open(job, {});
  const nothing = { added: 0, changed: 0, removed: 0, parts: 0, left: day.row.leftRows };
  // Before anything is read: a window that is closed for hours would have the archive read again and again.
  const closed = await paced.ready(attempt, { phase: 'late rows' });
  if (closed) return { ...nothing, ...closed };
  const fresh = new LatePart(job, day, view);
  try {
    const { left, held } = await sortLateRows(job, day, paced, fresh);
    if (held) {
      await fresh.abort();
      return { ...nothing, ...held };
    }
    await ledger.session.transaction(async () => {
      await ledger.holdEpoch(day.key, day.epoch, 'purging');
      await ledger.setLeft(day.key, left);
    });
    const result = { ...nothing, left: left.rows };
    const written = await fresh.complete();
    if (written.length === 0) return result;
    const parts = [...day.manifest.parts, ...written];
    await proveParts(job, day, parts);
    await ledger.session.revive();
    const rows = written.reduce((sum, part) => sum + part.rows, 0);
    const counts = { added: rows, changed: 0, removed: 0 };
    const reason = 'rows came after the day was purged';
    await publishRevision(job, day, { parts, pass: fresh.pass, reason, ...counts });
    countHealed(attempt, day, parts, counts);
    return { ...result, ...counts, parts: written.length };
  } catch (error) {
    await fresh.abort();
    throw error;
  } finally {
    await paced.close(undefined, attempt);
  }
}

/** Goes through the day's rows once, in cursor order: deletes, counts, and writes the new ones into `fresh`. */
async function sortLateRows(job: Job, day: OpenedDay, paced: PacedPurge, fresh: LatePart): Promise<Look> {
  const { source, ledger, policy, attempt } = job;
  const chunks: BoundedChunk[] = [];
  for (let pass = 1; pass < fresh.pass; pass++) chunks.push(...(await readChunks(source.store, day.manifest, pass)));
  const look: Look = { deleted: 0, left: emptyDigest };
  const batch = new BatchSize(source, day.schema);
  let after: Cursor | undefined;
  for (;;) {
    attempt.signal.throwIfAborted();
    const late = await liveRows(ledger.session, day, batch.rows, { from: after });
    if (late.length === 0) return look;
    batch.learn(late);
    const keys = late.map((row) => row.key);
    const archived = await findArchived(job, day, keys, chunksNear(chunks, keys, day.schema));
    const sorted = classifyReinserted(late, archived);
    const identical = new Set(sorted.identical);
    const { deleted, remaining, held } = await deleteReinserted(job, day, paced, { rows: late, identical, after });
    look.deleted += deleted;
    if (held) return { ...look, held };
    const differing = policy.recreated === 'leave' ? sorted.differing : [];
    look.left = mergeDigests([look.left, digestOf(differing)]);
    const gone = (row: LiveRow) => identical.has(row) && !remaining.has(row);
    const here = late.filter((row) => !gone(row));
    await fresh.add(here, new Set([...differing, ...remaining]), after);
    after = late.at(-1)?.cursor;
  }
}
