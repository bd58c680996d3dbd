import type { BoundedChunk } from '../archive/chunkBounds.ts';
import type { Column } from '../archive/column.ts';
import type { EmptiedColumn } from '../archive/emptiedValues.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { openArchived } from '../checks/openTable.ts';
import type { TablePolicy } from '../config/policy.ts';
import { pacedRead } from '../export/pacedPages.ts';
import { PartWriter } from '../export/partWriter.ts';
import { allowedPolicy } from '../job/allowedPolicy.ts';
import { Stopped } from '../job/attempt.ts';
import { clocksApart } from '../job/clocks.ts';
import type { Job } from '../job/job.ts';
import { healsHere, quietHours } from '../ledger/ledger.ts';
import { keptDay, keptInWords } from '../ledger/putBacks.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';
import type { DayView } from '../partition/compareChunk.ts';
import { nothingLeft } from '../partition/nothingLeft.ts';
import { keepingStops, type OpenedDay, openDay } from '../partition/open/openDay.ts';
import { requireServer } from '../partition/open/serverClaim.ts';
import { publishRevision } from '../partition/publishRevision.ts';
import { alteredColumns } from './alteredColumns.ts';
import { type Drift, findDrift } from './compareDay.ts';
import { findStaying } from './findStaying.ts';
import { archiveLateRows } from './lateRows.ts';
import { countHealed, proveParts } from './proveParts.ts';
import type { HealResult } from './result.ts';
import { rewritePart } from './rewritePart.ts';

/** A day that keeps changing is given up after so many heals without progress of the purge. */
const healsWithoutProgress = 5;

export interface HealOptions {
  /** A person asked for it: it ignores `drift: stop` and the bound of heals, and the bound starts again. */
  asked: boolean;
}

/** What a stretch of a heal came to, and the part that the next one begins with; undefined after the last one. */
interface Stretch {
  healed: HealResult;
  behind: number | undefined;
}

const nothing: HealResult = { added: 0, changed: 0, removed: 0, parts: 0, left: 0 };

/**
 * Archives again what changed in a day since it was archived, before it is deleted. Chunks that differ are read from the
 * table, the others are copied; each part is read back and proved before the next revision of the manifest is written.
 * A day of many parts is published in stretches, so that an attempt that dies loses one of them and not all.
 * After the pass is purged, late rows make a further pass. Idempotent, and safe while a purge runs.
 */
export async function healDay(own: Job, options: HealOptions): Promise<HealResult> {
  let total = nothing;
  let begin: number | undefined = 0;
  while (begin !== undefined) {
    const { healed, behind }: Stretch = await healStretch(own, options, begin);
    const { added, changed, removed, parts } = total;
    total = {
      ...healed,
      added: added + healed.added,
      changed: changed + healed.changed,
      removed: removed + healed.removed,
      parts: parts + healed.parts,
    };
    begin = behind;
  }
  return total;
}

/** @param begin the number of the part that it begins with; those before it are another stretch's */
async function healStretch(own: Job, { asked }: HealOptions, begin: number): Promise<Stretch> {
  const { source, ledger, key } = own;
  await requireServer(source, ledger);
  const { policy } = await allowedPolicy(ledger, own.policy);
  const job = { ...own, policy };
  const hold = await ledger.activeHold(key);
  if (hold) return { healed: { ...nothing, held: `${hold.owner}: ${hold.reason}`, heldBy: 'hold' }, behind: undefined };
  const kept = await keptDay(ledger, key);
  if (kept) return { healed: { ...nothing, held: keptInWords(key, kept), heldBy: 'kept' }, behind: undefined };
  // A heal deletes late rows against their archived lines.
  const apart = await clocksApart(source, ledger.session, own.attempt);
  if (apart) return { healed: { ...nothing, held: apart, heldBy: 'clock' }, behind: undefined };
  if (policy.drift === 'stop' && !asked)
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: healing is off (drift: stop). Write drift: heal, or for this day alone:`,
      { command: `sediment heal ${tableArgument(key)} --day ${key.day}` },
    );
  const { schema } = await openArchived(ledger, policy, { config: source.config });
  const day = await openDay(job, schema);
  return source.withSnapshots(async (sessions) => {
    const paced = pacedRead(job, { phase: 'healing' });
    const view: DayView = { store: source.store, sessions, pageRows: policy.chunkRows, paced, ...day };
    const stretch = await keepingStops(ledger, key, day.epoch, async () => {
      if (day.next < day.chunks.length) return healChunks(job, day, view, { asked, begin });
      return { healed: await archiveLateRows(job, day, view), behind: undefined };
    });
    if (day.wasPurged) await closeAgain(job, day);
    if (asked) await ledger.forgetHeals(key, day.epoch);
    return stretch;
  });
}

/** A purged day in which nothing was found is purged as before: no purge would come to say so. */
async function closeAgain(job: Job, day: OpenedDay): Promise<void> {
  const { ledger, key } = job;
  await ledger.session.transaction(async () => {
    if (await nothingLeft(job, day)) await ledger.setState(key, 'purged');
  });
}

async function healChunks(
  job: Job,
  day: OpenedDay,
  view: DayView,
  { asked, begin }: HealOptions & { begin: number },
): Promise<Stretch> {
  const { policy, attempt } = job;
  const { chunks, manifest, schema } = day;
  const own = chunks.slice(day.next).filter((chunk) => chunk.part.part >= begin);
  const drift = await driftOfStretch(job, day, view, own);
  if (drift.chunks.length === 0) return { healed: { ...nothing, left: day.row.leftRows }, behind: undefined };
  refuseMassRemoval(policy, day, drift);
  refuseEmptied(policy, day, drift);
  if (!asked && begin === 0) refuseEndlessHeals(day, drift);
  const staying = await findStaying(job, day, drift);
  const chosen = new Set(drift.chunks.map((each) => each.chunk));
  const touched = new Set(drift.chunks.map((each) => each.chunk.part));
  const byPart = new Map<ManifestPart, BoundedChunk[]>(manifest.parts.map((part) => [part, []]));
  for (const chunk of chunks) byPart.get(chunk.part)?.push(chunk);
  const parts: ManifestPart[] = [];
  let written = 0;
  for (const part of manifest.parts) {
    if (!touched.has(part)) {
      parts.push(part);
      continue;
    }
    const ofPart = byPart.get(part) ?? [];
    const replacement = { part: part.part, epoch: day.epoch, pass: part.pass, width: schema.columns.length };
    const beginPart = () => PartWriter.begin(job, replacement);
    const fresh = await rewritePart(view, { chunks: ofPart, drifted: chosen, staying }, beginPart, () => {
      attempt.signal.throwIfAborted();
      attempt.heartbeat({ phase: 'healing', part: part.part, parts: written });
    });
    if (fresh) parts.push(fresh);
    written++;
  }
  await proveParts(job, day, parts);
  await job.ledger.session.revive();
  const kept = [...staying.values()].reduce((sum, each) => sum + each.rows, 0);
  const counts = { added: drift.addedRows - kept, changed: drift.changed, removed: drift.removed.length };
  await publishRevision(job, day, { parts, reason: 'drift', goesOn: drift.behind !== undefined, ...counts });
  countHealed(attempt, day, parts, counts);
  const left = [...staying.values()].reduce((sum, each) => sum + each.differing, day.row.leftRows);
  return { healed: { ...counts, parts: written, left }, behind: drift.behind };
}

/** What differs in as many parts as one stretch writes again, or in all of them where the stretch lacks rows that may be further behind. */
async function driftOfStretch(
  { source, ledger, policy, attempt }: Job,
  day: OpenedDay,
  view: DayView,
  chunks: readonly BoundedChunk[],
): Promise<Drift> {
  const altered = await alteredColumns(ledger.session, day.schema, day.manifest.columns);
  const bounds = { altered, keyBytes: source.healKeyBytes };
  const drift = await findDrift(view, chunks, attempt, { ...bounds, partBytes: source.healPartBytes });
  if (drift.behind === undefined || !massRemoval(policy, drift)) return drift;
  return findDrift(view, chunks, attempt, { ...bounds, partBytes: Number.POSITIVE_INFINITY });
}

/** Up to so many missing rows are drift, whatever their share of a small part, if the part has other rows. */
const fewRows = 10;

/** Whether so many of a part's rows are gone that it looks like a wrong database. */
export function isMassRemoval(removed: number, rows: number, share: number): boolean {
  if (removed <= share * rows) return false;
  return removed > fewRows || removed === rows;
}

/** The first part of which so many rows are gone that it is a wrong database, and no drift. */
function massRemoval(
  { maxHealRemoval }: TablePolicy,
  drift: Drift,
): { part: ManifestPart; removed: number } | undefined {
  const gone = new Set(drift.removed);
  const byPart = new Map<ManifestPart, number>();
  for (const { chunk, removed } of drift.chunks)
    for (const key of removed) if (gone.has(key)) byPart.set(chunk.part, (byPart.get(chunk.part) ?? 0) + 1);
  for (const [part, removed] of byPart) if (isMassRemoval(removed, part.rows, maxHealRemoval)) return { part, removed };
  return undefined;
}

/** @throws Stopped */
function refuseMassRemoval(policy: TablePolicy, { key }: OpenedDay, drift: Drift): void {
  const found = massRemoval(policy, drift);
  if (!found) return;
  const { part, removed } = found;
  throw new Stopped(
    `${formatTableName(key)} ${key.day}: ${removed} of ${part.rows} archived rows of part ` +
      `${part.part} are no longer in the table: more than drift (maxHealRemoval is ${policy.maxHealRemoval}). ` +
      'Is this the right database? If they were deleted on purpose, raise maxHealRemoval',
  );
}

/** @throws Stopped where a column's values are gone from so many rows that an ALTER or a mistake has overwritten them */
function refuseEmptied(policy: TablePolicy, { key, schema, manifest }: OpenedDay, drift: Drift): void {
  for (const [part, { worst }] of new Map(drift.chunks.map(({ chunk, emptied }) => [chunk.part, emptied]))) {
    if (!worst || worst.rows < 3 || !isMassRemoval(worst.rows, part.rows, policy.maxHealRemoval)) continue;
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: ${overwritten(worst, manifest.columns[worst.field], schema.columns[worst.field])} ` +
        `(in ${worst.rows} of ${part.rows} rows of part ${part.part}): more than drift (maxHealRemoval is ` +
        `${policy.maxHealRemoval}). The archive keeps its values; nothing is deleted or healed. Put them back, or, ` +
        'if they were overwritten on purpose, raise maxHealRemoval',
    );
  }
}

function overwritten({ how, now }: EmptiedColumn, before: Column | undefined, column: Column | undefined): string {
  const name = column?.name;
  const value = now === null ? 'NULL' : `"${now}"`;
  const added = `as after DROP COLUMN ${name}, ADD COLUMN ${name}`;
  if (how === 'emptied') return `column ${name} is ${value} now where other values were archived, ${added}`;
  if (how === 'computed')
    return `column ${name} has values now that the server computes, such as ${value}, where others were archived, ${added}`;
  return (
    `column ${name} was ${before?.columnType} and is ${column?.columnType}, and its archived values have become others, ` +
    `such as ${value}, as after ALTER TABLE … MODIFY ${name}`
  );
}

/** @throws Stopped where the day keeps changing at one place */
function refuseEndlessHeals({ key, row }: OpenedDay, drift: Drift): void {
  if (healsHere(row) < healsWithoutProgress) return;
  throw new Stopped(
    `${formatTableName(key)} ${key.day}: still changing after ${healsWithoutProgress} heals, now ${drift.text}. ` +
      `It is healed again by itself once ${quietHours} hours have passed; to heal it now, find what writes ` +
      `there, then:`,
    { command: `sediment heal ${tableArgument(key)} --day ${key.day}` },
  );
}
