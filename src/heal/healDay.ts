import type { BoundedChunk } from '../archive/chunkBounds.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { openArchived } from '../checks/openTable.ts';
import type { TablePolicy } from '../config/policy.ts';
import { PartWriter } from '../export/partWriter.ts';
import { allowedPolicy } from '../job/allowedPolicy.ts';
import { Stopped } from '../job/attempt.ts';
import { clocksApart } from '../job/clocks.ts';
import type { Job } from '../job/job.ts';
import { healsHere, quietHours } from '../ledger/ledger.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';
import type { DayView } from '../partition/compareChunk.ts';
import { nothingLeft } from '../partition/nothingLeft.ts';
import { keepingStops, type OpenedDay, openDay } from '../partition/openDay.ts';
import { publishRevision } from '../partition/publishRevision.ts';
import { withoutDropped } from '../partition/readChunks.ts';
import { requireServer } from '../partition/serverClaim.ts';
import { columnDefaults } from './columnDefaults.ts';
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

/**
 * Archives again what changed in a day since it was archived, before it is deleted. Chunks that differ are read from the
 * table, the others are copied; each part is read back and proved before the next revision of the manifest is written.
 * After the pass is purged, late rows make a further pass. Idempotent, and safe while a purge runs.
 */
export async function healDay(own: Job, { asked }: HealOptions): Promise<HealResult> {
  const { source, ledger, key } = own;
  await requireServer(source, ledger);
  const { policy } = await allowedPolicy(ledger, own.policy);
  const job = { ...own, policy };
  const hold = await ledger.activeHold(key);
  const nothing = { added: 0, changed: 0, removed: 0, parts: 0, left: 0 };
  if (hold) return { ...nothing, held: `${hold.owner}: ${hold.reason}`, heldBy: 'hold' };
  // A heal deletes late rows against their archived lines.
  const apart = await clocksApart(source, ledger.session, own.attempt);
  if (apart) return { ...nothing, held: apart, heldBy: 'clock' };
  if (policy.drift === 'stop' && !asked)
    throw new Stopped(`${formatTableName(key)} ${key.day}: healing is off (drift: stop)`);
  const { schema } = await openArchived(ledger, policy, { config: source.config });
  const day = await openDay(job, schema);
  return source.withSnapshots(async (sessions) => {
    const view: DayView = { store: source.store, sessions, pageRows: policy.chunkRows, ...day };
    const result = await keepingStops(ledger, key, day.epoch, () =>
      day.next === day.chunks.length ? archiveLateRows(job, day, view) : healChunks(job, day, view, asked),
    );
    if (day.wasPurged) await closeAgain(job, day);
    if (asked) await ledger.forgetHeals(key, day.epoch);
    return result;
  });
}

/** A purged day in which nothing was found is purged as before: no purge would come to say so. */
async function closeAgain(job: Job, day: OpenedDay): Promise<void> {
  const { ledger, key } = job;
  await ledger.session.transaction(async () => {
    if (await nothingLeft(job, day)) await ledger.setState(key, 'purged');
  });
}

async function healChunks(job: Job, day: OpenedDay, view: DayView, asked: boolean): Promise<HealResult> {
  const { source, policy, attempt } = job;
  const { manifest, schema } = day;
  const chunks = await withoutDropped(source.store, day);
  const defaults = await columnDefaults(job.ledger.session, schema);
  const drift = await findDrift(view, chunks.slice(day.next), attempt, { defaults, keyBytes: source.healKeyBytes });
  if (drift.chunks.length === 0) return { added: 0, changed: 0, removed: 0, parts: 0, left: day.row.leftRows };
  refuseMassRemoval(policy, day, drift);
  refuseEmptied(policy, day, drift);
  if (!asked) refuseEndlessHeals(day, drift);
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
    const own = byPart.get(part) ?? [];
    const replacement = { part: part.part, epoch: day.epoch, pass: part.pass, width: schema.columns.length };
    const begin = () => PartWriter.begin(job, replacement);
    const fresh = await rewritePart(view, { chunks: own, drifted: chosen, staying }, begin, () => {
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
  await publishRevision(job, day, { parts, reason: 'drift', ...counts });
  countHealed(attempt, day, parts, counts);
  const left = [...staying.values()].reduce((sum, each) => sum + each.differing, day.row.leftRows);
  return { ...counts, parts: written, left };
}

/** Up to so many missing rows are drift, whatever their share of a small part, if the part has other rows. */
const fewRows = 10;

/** Whether so many of a part's rows are gone that it looks like a wrong database. */
export function isMassRemoval(removed: number, rows: number, share: number): boolean {
  if (removed <= share * rows) return false;
  return removed > fewRows || removed === rows;
}

/** @throws Stopped where so many rows are gone that it is a wrong database, and no drift */
function refuseMassRemoval(policy: TablePolicy, day: OpenedDay, drift: Drift): void {
  const gone = new Set(drift.removed);
  const byPart = new Map<ManifestPart, number>();
  for (const { chunk, removed } of drift.chunks)
    for (const key of removed) if (gone.has(key)) byPart.set(chunk.part, (byPart.get(chunk.part) ?? 0) + 1);
  for (const [part, removed] of byPart)
    if (isMassRemoval(removed, part.rows, policy.maxHealRemoval))
      throw new Stopped(
        `${formatTableName(day.key)} ${day.key.day}: ${removed} of ${part.rows} archived rows of part ` +
          `${part.part} are no longer in the table: more than drift (maxHealRemoval is ${policy.maxHealRemoval}). ` +
          'Is this the right database? If they were deleted on purpose, raise maxHealRemoval',
      );
}

/** @throws Stopped where a column's values are gone from so many rows that it was dropped and added again, or emptied by mistake */
function refuseEmptied(policy: TablePolicy, { key, schema }: OpenedDay, drift: Drift): void {
  for (const [part, { worst }] of new Map(drift.chunks.map(({ chunk, emptied }) => [chunk.part, emptied]))) {
    if (!worst || worst.rows < 3 || !isMassRemoval(worst.rows, part.rows, policy.maxHealRemoval)) continue;
    const column = schema.columns[worst.field]?.name;
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: column ${column} is ` +
        `${worst.now === null ? 'NULL' : `"${worst.now}"`} now in ${worst.rows} of ${part.rows} rows of part ` +
        `${part.part} that were archived with other values, as after DROP COLUMN ${column}, ADD COLUMN ` +
        `${column}: more than drift (maxHealRemoval is ${policy.maxHealRemoval}). The archive keeps its values; ` +
        'nothing is deleted or healed. Put them back, or, if they were emptied on purpose, raise maxHealRemoval',
    );
  }
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
