import { endCursor, isEnd } from '../archive/cursor.ts';
import { type Digest, mergeDigests, sameDigest } from '../archive/digest.ts';
import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import { type Condition, parseFilter, rowTest } from '../archive/rowFilter.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { beginErasure, endErasures, type OpenErasure, readOpenErasures } from '../ledger/erasures.ts';
import type { Partition } from '../ledger/ledger.ts';
import { undatedDay } from '../model/day.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';
import { errnoOf } from '../mysql/errors.ts';
import { cursorLiteral } from '../mysql/expressions.ts';
import { identifier, literal, qualified } from '../mysql/quote.ts';
import { dayManifest } from '../partition/dayManifest.ts';
import { type OpenedDay, openDay } from '../partition/open/openDay.ts';
import { requireServer } from '../partition/open/serverClaim.ts';
import { publishRevision } from '../partition/publishRevision.ts';
import { PurgeTrace } from '../partition/purgeTrace.ts';
import { firstLocked } from '../partition/versionsOfDay.ts';
import { archivedSchema } from './archivedSchema.ts';
import { type Erasing, filterPart } from './filterPart.ts';
import { otherVersions } from './otherVersions.ts';
import { proveRewritten } from './proveRewritten.ts';
import { type Matches, searchDay } from './searchDay.ts';

/** Which rows, and who asked why. Only the latter is recorded. */
export interface EraseRequest {
  where: string;
  who: string;
  reason: string;
}

export interface ErasedDay {
  rows: number;
  /** Rows of what heals had replaced, gone with it. */
  supersededRows: number;
  /** Parts that were written again; the others stay as they are. */
  parts: number;
  /** Versions that were deleted. */
  versions: number;
}

/**
 * Takes rows out of a day's archive: parts that hold them are written again without them, read back and proved, a new
 * revision is published, and all versions but the present one are deleted. Afterwards no object of any version has them.
 * Safe to repeat: what was begun is ended first.
 * @throws Stopped
 */
export async function eraseDay(job: Job, request: EraseRequest): Promise<ErasedDay> {
  const { source, ledger, policy, key, attempt } = job;
  const { where, who, reason } = request;
  await requireServer(source, ledger);
  const before = await dayManifest(source, policy, key.day);
  const matches = await searchDay(source, policy, before, where);
  await requireErasable(job, before, where);
  let parts = 0;
  const begun = await openErasures(job);
  if (matches.rows > 0 || (matches.supersededRows > 0 && begun.length === 0)) {
    await beginErasure(ledger, key, { who, reason, rows: matches.rows });
    if (matches.rows > 0) parts = await publishWithout(job, before, matches, where);
  }
  const fence = await overtakeAll(job);
  const manifest = await dayManifest(source, policy, key.day);
  await endTrace(job, manifest);
  const others = await otherVersions(job, manifest, fence);
  for (const [index, { key: own, versionId }] of others.entries()) {
    attempt.heartbeat({ phase: 'deleting versions', version: index, of: others.length });
    await source.store.remove(own, versionId);
  }
  await requireAbsent(job, where, fence);
  await endErasures(ledger, key, await openErasures(job));
  return { rows: matches.rows, supersededRows: matches.supersededRows, parts, versions: others.length };
}

async function openErasures({ ledger, key }: Job): Promise<OpenErasure[]> {
  const open = (await readOpenErasures(ledger.session, ledger.name)).get(formatTableName(key)) ?? [];
  return open.filter(({ day }) => day === key.day);
}

/** Takes the day's epoch forward: an attempt that is under way publishes nothing any more, so that what it wrote may go. */
async function overtakeAll({ ledger, key }: Job): Promise<number> {
  return ledger.session.transaction(async () => {
    const row = await ledger.lockPartition(key);
    if (!row) throw new Stopped(`${formatTableName(key)} ${key.day}: its ledger row is gone`);
    return ledger.takeEpoch(key, row, row.state);
  });
}

/** Looks again: the archive as readers have it, and every version that there is. @throws Stopped */
async function requireAbsent({ source, policy, key }: Job, where: string, fence: number): Promise<void> {
  const manifest = await dayManifest(source, policy, key.day);
  const { rows, supersededRows } = await searchDay(source, policy, manifest, where);
  const others = await otherVersions({ source, policy, key }, manifest, fence);
  if (rows + supersededRows + others.length === 0) return;
  const [first] = others;
  throw new Stopped(
    `${formatTableName(key)} ${key.day}: after the erasure ${rows + supersededRows} of the rows are still archived, and ` +
      `${others.length} versions are there that should be gone${first ? `, the first of ${first.key}` : ''}. Run the same command again`,
  );
}

/** @throws Stopped where the rows would come back, or the versions can't be deleted */
export async function requireErasable(job: Job, manifest: Manifest, where: string): Promise<void> {
  const { source, ledger, policy, key } = job;
  const dayName = `${formatTableName(key)} ${key.day}`;
  const row = await ledger.readPartition(key);
  if (!row) throw new Stopped(`${dayName}: the ledger has no row of it`);
  if (row.state !== 'purged' && row.cursor !== null && !isEnd(row.cursor))
    throw new Stopped(
      `${dayName} is being purged, and its proofs need its archive as it is. Wait until sediment status ` +
        `${tableArgument(policy)} shows it purged, then run the same command again`,
    );
  const hold = await ledger.activeHold(key);
  if (hold)
    throw new Stopped(
      `${dayName} is held by ${hold.owner} ("${hold.reason}"): sediment resume ${tableArgument(policy)}, then run the same command again`,
    );
  const there = await rowsInTable(job, manifest, row, where);
  if (there > 0)
    throw new Stopped(
      `${dayName}: the table still has ${there} of these rows, and would have them archived again. ` +
        'Delete them there first, then run the same command again',
    );
  const current = manifest.parts.map(({ object }) => object);
  const others = await otherVersions({ source, policy, key }, manifest, row.epoch + 1);
  const locked = await firstLocked({ source }, [...current, ...others.filter(({ isDeleteMarker }) => !isDeleteMarker)]);
  if (locked)
    throw new Stopped(
      `${dayName}: ${locked.key} is under object lock ${locked.until}: nobody can delete it before. Nothing was written`,
    );
}

/** Rows of the table that the condition means, of this day: as the server compares, so perhaps more. A table that is gone has none. */
async function rowsInTable({ ledger, key }: Job, manifest: Manifest, row: Partition, where: string): Promise<number> {
  const time = manifest.columns.find(({ name }) => name === manifest.timeColumn);
  const window =
    key.day === undatedDay || !time
      ? []
      : [
          `${identifier(time.name)} >= ${cursorLiteral(time, row.window.start)}`,
          `${identifier(time.name)} < ${cursorLiteral(time, row.window.end)}`,
        ];
  const named = parseFilter(where).map(asSql);
  try {
    const [found] = await ledger.session.rows(
      `SELECT COUNT(*) AS number FROM ${qualified(key.database, key.table)} WHERE ${[...window, ...named].join(' AND ')}`,
    );
    return Number(found?.number);
  } catch (error) {
    if (errnoOf(error) === noSuchTable || errnoOf(error) === noSuchColumn) return 0;
    throw error;
  }
}

/** ER_NO_SUCH_TABLE */
const noSuchTable = 1146;
/** ER_BAD_FIELD_ERROR: a column that was dropped, whose values the table has no more. */
const noSuchColumn = 1054;

function asSql({ column, value }: Condition): string {
  const name = identifier(column);
  if (value === null) return `${name} IS NULL`;
  return `${name} = ${typeof value === 'string' ? literal(value) : `x'${value.toString('hex')}'`}`;
}

/** Publishes a revision without the rows. @returns how many parts were written again */
async function publishWithout(job: Job, before: Manifest, matches: Matches, where: string): Promise<number> {
  const { source, ledger, key, attempt } = job;
  const state = (await ledger.readPartition(key))?.state;
  const day = await openDay(job, archivedSchema(before, key));
  const { manifest } = day;
  if (manifest.revision !== before.revision)
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: its archive was written again meanwhile. Run the same command again`,
    );
  const erasing: Erasing = { job, manifest, test: rowTest(where, manifest.columns), epoch: day.epoch };
  const parts: ManifestPart[] = [];
  const taken: Digest[] = [];
  for (const part of manifest.parts) {
    const chunks = [...matches.parts].find(([own]) => own.object.key === part.object.key)?.[1];
    if (!chunks) parts.push(part);
    else {
      const { part: left, fresh, taken: gone } = await filterPart(erasing, part, chunks);
      taken.push(gone);
      if (!left) continue;
      parts.push(left);
      await proveRewritten(source.store, manifest, { part: left, fresh }, (rows) => {
        attempt.signal.throwIfAborted();
        attempt.heartbeat({ phase: 'proving', part: left.part, rows });
      });
    }
  }
  // What went is what was searched for, and all else is there as it was: digests are added by XOR.
  const whole = mergeDigests([...parts, ...taken]);
  const rows = taken.reduce((sum, each) => sum + each.rows, 0);
  if (rows !== matches.rows || !sameDigest(whole, { rows: manifest.rows, xor: manifest.xor }))
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: without ${rows} rows its archive isn’t the rest of what it was. Nothing was published`,
    );
  attempt.heartbeat({ phase: 'publishing', rows });
  await ledger.session.revive();
  if (state === 'purged') await endPass(job, day);
  await publishRevision(job, day, { parts, reason: 'erasure', erases: true, added: 0, changed: 0, removed: rows });
  if (state === 'purged' || state === 'archived')
    await ledger.session.transaction(async () => {
      await ledger.holdEpoch(key, day.epoch);
      await ledger.setState(key, state);
    });
  return matches.parts.size;
}

/** The cursor of a purged pass may name its last row, which may be erased: its end says the same, and names none. */
async function endPass({ ledger, key }: Job, day: OpenedDay): Promise<void> {
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, day.epoch);
    await ledger.setCursor(key, endCursor);
  });
  day.row.cursor = endCursor;
}

/** The trace of a purged day likewise. */
async function endTrace({ source, ledger, policy, key }: Job, manifest: Manifest): Promise<void> {
  const trace = await PurgeTrace.read(source, policy, key);
  const row = await ledger.readPartition(key);
  if (!trace.standing || row?.state !== 'purged' || isEnd(trace.standing.done.cursor)) return;
  const own = manifest.parts.filter(({ pass }) => pass === row.pass);
  const chunks = own.reduce((sum, part) => sum + part.chunks, 0);
  const done = { cursor: [...endCursor], chunks, rows: row.rowsDeleted };
  await trace.write(ledger, row, { state: 'purged', done });
}
