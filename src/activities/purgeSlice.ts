import { encodingOf } from '../archive/column.ts';
import { type Day, parseDay, subtractDuration } from '../archive/day.ts';
import { describeDifference, mergeDifferences } from '../archive/difference.ts';
import { emptyDigest, sameDigest } from '../archive/digest.ts';
import { formatTableName } from '../archive/tableName.ts';
import { endCursor, takeRun } from '../archive/tiles.ts';
import { findPolicy, type TablePolicy } from '../config/policy.ts';
import { Fenced, type Ledger, type PartitionKey } from '../mysql/ledger.ts';
import { callPurge, ensureProcedure, type PurgeRun, purgeProcedure } from '../mysql/purgeProcedure.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { requireServer } from '../mysql/serverIdentity.ts';
import { type Pace, parsePace } from '../pacing/pace.ts';
import { type Hold, Pacer } from '../pacing/pacer.ts';
import { formatPacerState, parsePacerState } from '../pacing/pacerState.ts';
import { type Attempt, Stopped } from './attempt.ts';
import { compareTile } from './drift.ts';
import { findLateDay } from './lateDay.ts';
import { withoutDropped } from './passTiles.ts';
import { type OpenedDay, openDay } from './purgeDay.ts';
import { purgeNative } from './purgeNative.ts';
import { returnTwins } from './settleTwins.ts';
import { openArchived, type Source, serverToday } from './source.ts';
import { isStop, messageOf } from './stops.ts';

export interface SliceInput {
  table: string;
  /** Days before it may go; the policy's own cutoff, by MySQL's clock, still holds. */
  cutoff: string;
  /** How long the slice works, in milliseconds. */
  forMillis: number;
  /** What the operator asks for; the policy's maxRowsPerSecond holds too. Left out: the policy's own pace. */
  pace?: Pace;
}

export interface SliceResult {
  /** No day is left before the cutoff. */
  done: boolean;
  day?: Day;
  deleted: number;
  /** Why it waits, in words. */
  held?: string;
  /** Until when at least it will, ISO 8601, where that is known: the purge window's opening, say. */
  heldUntil?: string;
  /** The same for the metrics, of few values: `hold`, `fuse`, `window`, `pace`, `contention`, or a signal of the throttle. */
  heldBy?: string;
  /** The day isn't what was archived: it is to be healed before the purge goes on. */
  drifted?: boolean;
  /** Under `nativePartitions: auto`: which native partitions the day was exchanged with, or why it goes in chunks. */
  native?: string;
}

/** Purges the oldest day that is past the retention, chunk by proved chunk, for as long as a slice may last. */
export async function purgeSlice(source: Source, input: SliceInput, attempt: Attempt): Promise<SliceResult> {
  const policy = findPolicy(source.config, input.table);
  const shown = formatTableName(policy);
  if (policy.purge !== 'enabled')
    return { done: true, deleted: 0, held: `the policy of ${shown} says purge: disabled` };
  return source.withLedger(async (ledger) => {
    await requireServer(ledger);
    if (!(await source.conditionalWrites()))
      throw new Stopped(
        `bucket ${source.store.bucket} lets one key be written twice: an attempt that was overtaken could replace what was proved, so nothing is purged against it. Use a store with conditional writes`,
      );
    const { schema, kind } = await openArchived(ledger, policy);
    // The stricter of the two cutoffs: a plan from before, or from a future that isn't here, deletes nothing more (P79, P81).
    const own = subtractDuration(await serverToday(ledger.session, policy), policy.retention);
    const asked = parseDay(input.cutoff);
    const cutoff = asked < own ? asked : own;
    const days = await ledger.days(policy.database, policy.table);
    const due =
      days.find((each) => each.day < cutoff && (each.state === 'archived' || each.state === 'purging')) ??
      (await findLateDay(ledger, schema, kind, days, cutoff));
    if (!due) return { done: true, deleted: 0 };
    const key: PartitionKey = { database: policy.database, table: policy.table, day: due.day };
    const hold = await ledger.activeHold(key);
    if (hold) {
      await returnTwins(ledger, key);
      return { done: false, day: key.day, deleted: 0, held: `${hold.owner}: ${hold.reason}`, heldBy: 'hold' };
    }
    try {
      const day = await openDay(source, ledger, policy, schema, key, attempt);
      const state = parsePacerState(await ledger.readPace(key));
      const pacer = new Pacer({ policy, health: source.health, pace: parsePace(input.pace ?? null), state });
      try {
        return await purgeDay(source, ledger, policy, day, pacer, input.forMillis, attempt);
      } finally {
        for (const [by, millis] of Object.entries(pacer.heldMillis)) attempt.waited?.(signalOf(by), millis);
        // On a lost connection the next slice begins with the pace of before: no pace is worth a failure of its own.
        await ledger.setPace(key, formatPacerState(pacer.state())).catch(() => undefined);
      }
    } catch (error) {
      if (isStop(error)) await ledger.setStopped(key, messageOf(error));
      throw error;
    }
  });
}

/** What held, without whose it is: of a replica's lag, `replicaLag`. */
function signalOf(key: string): string {
  return key.split(' ')[0] ?? key;
}

async function purgeDay(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  day: OpenedDay,
  pacer: Pacer,
  forMillis: number,
  attempt: Attempt,
): Promise<SliceResult> {
  const { key, epoch, schema, row, tiles, manifest } = day;
  const result: Pick<SliceResult, 'done' | 'day' | 'native'> = { done: false, day: key.day };
  // A column that came since: what the archive lacks is archived before it is deleted (P66).
  if (tiles.slice(day.next).some((tile) => tile.part.width < schema.columns.length))
    return drifted(source, policy, day, 0);
  const encodings = schema.columns.map(encodingOf);
  await withoutDropped(source.store, manifest, tiles, day.next, encodings, day.change.dropped);
  const procedure = purgeProcedure(ledger.session, ledger.name, schema);
  await ensureProcedure(ledger.session, procedure);

  const until = Date.now() + forMillis;
  let { cursor } = row;
  let deleted = 0;
  let races = 0;
  let contended = 0;
  if (policy.nativePartitions === 'auto' && cursor === null && row.pass === 1 && tiles.length > 0) {
    const hold = await whenReady(pacer, attempt, { day: key.day, deleted });
    if (attempt.signal.aborted) return { ...result, deleted };
    if (hold) return { ...result, deleted, held: hold.reason, ...(hold.until ? { heldUntil: hold.until } : {}) };
    const native = await purgeNative(ledger, policy, day, forMillis, attempt);
    result.native = 'chunks' in native ? `in chunks: ${native.chunks}` : `exchanged ${native.exchanged.join(', ')}`;
    if ('rows' in native) {
      deleted = native.rows;
      day.next = tiles.length;
      attempt.count?.(
        'deleted',
        native.rows,
        tiles.reduce((sum, tile) => sum + tile.chunk.uncompressedBytes, 0),
      );
    }
  }
  while (day.next < tiles.length) {
    if (attempt.signal.aborted || Date.now() > until) return { ...result, deleted };
    const hold = await whenReady(pacer, attempt, { day: key.day, deleted });
    if (attempt.signal.aborted) return { ...result, deleted };
    if (hold) {
      const heldBy = signalOf(pacer.state().heldBy[0] ?? 'other');
      return { ...result, deleted, held: hold.reason, heldBy, ...(hold.until ? { heldUntil: hold.until } : {}) };
    }
    const run = takeRun(tiles, day.next, pacer.rows);
    const to = tiles[day.next + run.tiles - 1]?.to;
    const purge: PurgeRun = {
      day: key.day,
      epoch,
      cursor,
      nextCursor: to ?? endCursor,
      from: tiles[day.next]?.from,
      to,
      manifestVersion: row.manifestVersion ?? '',
      digest: run.digest,
      salt: row.salt,
      fingerprint: schema.fingerprint,
      fuseRows: policy.maxRowsPerDay,
      chunks: run.tiles,
    };
    const began = Date.now();
    const answer = await callPurge(ledger.session, procedure, schema, row.window, purge).catch((error) => {
      const kind = contentionOf(error);
      if (!kind || ++contended > 5) throw error;
      pacer.met(kind);
      return undefined;
    });
    if (!answer) continue;
    const { outcome, detail } = answer;
    const millis = Date.now() - began;
    if (outcome === 'fenced') throw new Fenced(key, epoch, detail);
    if (outcome === 'held') return { ...result, deleted, held: detail, heldBy: 'hold' };
    if (outcome === 'fuse')
      return { ...result, deleted, held: `fuse: ${detail}, maxRowsPerDay is ${policy.maxRowsPerDay}`, heldBy: 'fuse' };
    // The columns changed under this slice: the next one looks at them anew.
    if (outcome === 'schema') return { ...result, deleted };
    if (outcome === 'raced' && ++races <= 5) continue;
    if (outcome !== 'deleted') return { ...result, ...(await drifted(source, policy, day, deleted)) };
    races = contended = 0;
    deleted += run.digest.rows;
    attempt.count?.('deleted', run.digest.rows, run.uncompressedBytes);
    day.next += run.tiles;
    cursor = purge.nextCursor;
    pacer.record(run.digest.rows, millis);
    attempt.beat({ day: key.day, deleted, percent: Math.round((100 * day.next) / tiles.length), millis });
  }
  if (await closeDay(ledger, day)) return { ...result, deleted };
  return { ...result, ...(await drifted(source, policy, day, deleted)) };
}

/** The day is purged when what is left of it is nothing but the rows that are known to stay, never because a page came back empty. */
async function closeDay(ledger: Ledger, { key, epoch, schema, row }: OpenedDay): Promise<boolean> {
  return ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, epoch, 'purged');
    const range = { schema, window: row.window, from: undefined, to: undefined, salt: row.salt };
    const left = await rangeDigest(ledger.session, range);
    const known = { rows: row.leftRows, xor: row.leftXor ?? emptyDigest.xor };
    if (!sameDigest(left, known)) return false;
    await ledger.setState(key, 'purged');
    return true;
  });
}

/** Leaves the day to a heal, or stops it with what differs. @throws Stopped under `drift: stop` */
async function drifted(source: Source, policy: TablePolicy, day: OpenedDay, deleted: number): Promise<SliceResult> {
  const { key } = day;
  if (policy.drift === 'heal') return { done: false, day: key.day, deleted, drifted: true };
  const shown = `${formatTableName(key)} ${key.day}`;
  throw new Stopped(
    `${shown}: ${await whatDiffers(source, policy, day)}, and healing is off (drift: stop). Nothing of it was deleted. To archive it as it is now and go on: sediment heal ${formatTableName(key)} --day ${key.day}`,
  );
}

async function whatDiffers(source: Source, policy: TablePolicy, day: OpenedDay): Promise<string> {
  if (day.change.added.length > 0) return `column ${day.change.added.join(', ')} came since the export`;
  if (day.next === day.tiles.length) return 'rows came after the day was purged';
  const sessions = [await source.open('REPEATABLE READ'), await source.open('REPEATABLE READ')] as const;
  try {
    const view = { store: source.store, sessions, pageRows: policy.chunkRows, ...day };
    // The first that differ are enough for a person; a look at all is the heal's.
    const tiles = day.tiles.slice(day.next, day.next + 25);
    const differences = [];
    for (const tile of tiles) differences.push(await compareTile(view, tile));
    return `since it was archived, ${describeDifference(mergeDifferences(differences))}`;
  } finally {
    for (const session of sessions) session.close();
  }
}

/** Waits for the server's health, the window and the pace; undefined where the next transaction may begin. */
async function whenReady(
  pacer: Pacer,
  attempt: Attempt,
  progress: Record<string, string | number>,
): Promise<Hold | undefined> {
  try {
    return await pacer.ready(attempt.signal, ({ reason }) => attempt.beat({ ...progress, held: reason }));
  } catch (error) {
    // A pause or a shutdown: the caller returns what was done.
    if (attempt.signal.aborted) return undefined;
    throw error;
  }
}

/** The procedure has rolled back: another's lock was in the way. */
function contentionOf(error: unknown): 'lock wait' | 'deadlock' | undefined {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  if (errno === 1205) return 'lock wait';
  return errno === 1213 ? 'deadlock' : undefined;
}
