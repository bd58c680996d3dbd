import type { Cursor } from '../archive/chunk.ts';
import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { type Digest, emptyDigest, mergeDigests } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { PartWriter, type WrittenPage } from '../export/partWriter.ts';
import type { Job } from '../job/job.ts';
import { Fenced, type Ledger } from '../ledger/ledger.ts';
import { readPages } from '../mysql/read/pages.ts';
import type { DayView } from '../partition/compareChunk.ts';
import type { OpenedDay } from '../partition/openDay.ts';
import { publishRevision } from '../partition/publishRevision.ts';
import { pointAt } from '../partition/purgeTrace.ts';
import { readChunks } from '../partition/readChunks.ts';
import { callPurge, purgeProcedure } from '../procedures/purgeProcedure.ts';
import { ensureProcedure } from '../procedures/storedProcedure.ts';
import { classifyReinserted, type LiveRow, segments } from './classifyReinserted.ts';
import { countHealed, proveParts } from './proveParts.ts';
import { findArchived, liveRows } from './reinserted.ts';
import type { HealResult } from './result.ts';

/** Late rows per pass. Their keys are in memory, some 200 bytes each; more rows make a further pass. */
const rowsAPass = 200_000;

/**
 * Handles rows found in a day whose pass is purged. A row that is identical to an archived one is deleted, proved by that
 * line. One with an archived key and other values stays in the table, or is archived too, as the policy says. New rows make a
 * further pass.
 */
export async function archiveLateRows(job: Job, day: OpenedDay, view: DayView): Promise<HealResult> {
  const { source, ledger, policy, attempt } = job;
  const late = await liveRows(ledger.session, day, rowsAPass);
  const chunks: BoundedChunk[] = [];
  for (let pass = 1; pass <= lastPass(day); pass++)
    chunks.push(...(await readChunks(source.store, day.manifest, pass)));
  const keys = late.map((row) => row.key);
  const archived = await findArchived(job, day, keys, chunks);
  const { identical, differing } = classifyReinserted(late, archived);
  const deleted = new Set(identical);
  const others = late.filter((row) => !deleted.has(row));
  const kept = policy.recreated === 'leave' ? differing : [];
  const held = await deleteAgainstArchive(ledger, day, late, identical);
  const left = mergeDigests([emptyDigest, ...kept.map((row): Digest => ({ rows: 1, xor: row.digest }))]);
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(day.key, day.epoch, 'purging');
    await ledger.setLeft(day.key, left);
  });
  const result = { added: 0, changed: 0, removed: 0, parts: 0, left: kept.length };
  if (held) return { ...result, ...held };
  attempt.count?.('deleted', identical.length, 0);
  if (others.length === kept.length) return result;
  const part = await exportAround(job, day, view, { rows: others, kept: new Set(kept) });
  if (!part) return result;
  const parts = [...day.manifest.parts, part];
  await proveParts(job, day, parts);
  const counts = { added: part.rows, changed: 0, removed: 0 };
  const reason = 'rows came after the day was purged';
  await publishRevision(job, day, { parts, pass: part.pass, reason, ...counts });
  countHealed(attempt, day, parts, counts);
  return { ...result, ...counts, parts: 1 };
}

function lastPass(day: OpenedDay): number {
  return Math.max(day.row.pass, ...day.manifest.parts.map((part) => part.pass));
}

/** Deletes in one transaction per row, proved by the archived line's digest. @returns why it waits */
async function deleteAgainstArchive(
  ledger: Ledger,
  day: OpenedDay,
  late: readonly LiveRow[],
  identical: readonly LiveRow[],
): Promise<Pick<HealResult, 'held' | 'heldBy'> | undefined> {
  if (identical.length === 0) return undefined;
  const { schema, row } = day;
  const procedure = purgeProcedure(ledger.session, ledger.name, schema);
  await ensureProcedure(ledger.session, procedure);
  const done = pointAt(day.chunks, day.next, row.rowsDeleted);
  const until = { ...done, rows: done.rows + identical.length };
  await day.trace.write(ledger, row, { done, until });
  let deleted = 0;
  let held: Pick<HealResult, 'held' | 'heldBy'> | undefined;
  for (const found of identical) {
    const { outcome, detail } = await callPurge(ledger.session, procedure, schema, row.window, {
      day: day.key.day,
      epoch: day.epoch,
      cursor: row.cursor,
      nextCursor: row.cursor,
      from: late[late.indexOf(found) - 1]?.cursor,
      to: found.cursor,
      manifestVersion: row.manifestVersion ?? '',
      digest: { rows: 1, xor: found.digest },
      salt: row.salt,
      fingerprint: schema.fingerprint,
      fuseRows: day.fuse.rows,
      chunks: 0,
    });
    if (outcome === 'fenced') throw new Fenced(day.key, day.epoch, detail);
    // A row that changed meanwhile is found by the next heal.
    if (outcome === 'deleted') deleted++;
    if (outcome === 'held') held = { held: detail, heldBy: 'hold' };
    if (outcome === 'fuse') held = { held: `fuse: ${detail}, ${day.fuse.said}`, heldBy: 'fuse' };
    if (held) break;
  }
  await day.trace.write(ledger, row, { done: { ...done, rows: done.rows + deleted } });
  return held;
}

/** Writes the new rows as a part of the next pass; its chunks leave out the rows that stay. */
async function exportAround(
  job: Job,
  day: OpenedDay,
  view: DayView,
  { rows, kept }: { rows: readonly LiveRow[]; kept: ReadonlySet<LiveRow> },
): Promise<ManifestPart | undefined> {
  const part = {
    part: Math.max(-1, ...day.manifest.parts.map((each) => each.part)) + 1,
    epoch: day.epoch,
    pass: lastPass(day) + 1,
    width: day.schema.columns.length,
  };
  let writer: PartWriter | undefined;
  try {
    for (const { after, to } of segments(rows, kept))
      for await (const page of pagesOf(view, after, to)) {
        job.attempt.signal.throwIfAborted();
        writer ??= await PartWriter.begin(job, part);
        await writer.add(page);
      }
    return await writer?.complete();
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}

/** The pages of a range. The first says where it begins if that is behind a row that stays. Each may be the pass's last, so it is closed. */
async function* pagesOf(view: DayView, after: Cursor | undefined, to: Cursor): AsyncGenerator<WrittenPage> {
  const { schema, row, pageRows, sessions } = view;
  let begin = after;
  for await (const page of readPages(sessions, { schema, window: row.window, after, to, salt: row.salt, pageRows })) {
    yield { ...page, closed: true, ...(begin ? { after: begin } : {}) };
    begin = undefined;
  }
}
