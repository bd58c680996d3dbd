import { type Chunk, type Cursor, chunkDigest } from '../archive/chunk.ts';
import { type Day, parseDay, subtractDuration } from '../archive/day.ts';
import { mergeDigests } from '../archive/digest.ts';
import { findPolicy, type TablePolicy } from '../config/policy.ts';
import { predicate } from '../mysql/exportReader.ts';
import { Fenced, type Ledger, type Partition, type PartitionKey } from '../mysql/ledger.ts';
import { callPurge, ensureProcedure, type PurgeRun, purgeProcedure } from '../mysql/purgeProcedure.ts';
import { qualified } from '../mysql/quote.ts';
import type { TableSchema } from '../mysql/tableSchema.ts';
import { nextServo, startServo } from '../pacing/servo.ts';
import { type Attempt, Stopped } from './attempt.ts';
import { readChunkIndex } from './chunkIndex.ts';
import { openManifest } from './openManifest.ts';
import { openTable, type Source, serverToday } from './source.ts';

export interface SliceInput {
  table: string;
  /** Days before it may go; the policy's own cutoff, by MySQL's clock, still holds. */
  cutoff: string;
  /** How long the slice works, in milliseconds. */
  forMillis: number;
}

export interface SliceResult {
  /** No day is left before the cutoff. */
  done: boolean;
  day?: Day;
  deleted: number;
  /** Why it waits, in words. */
  held?: string;
}

/** Purges the oldest day that is past the retention, chunk by proved chunk, for as long as a slice may last. */
export async function purgeSlice(source: Source, input: SliceInput, attempt: Attempt): Promise<SliceResult> {
  const policy = findPolicy(source.config, input.table);
  const shown = `${policy.database}.${policy.table}`;
  if (policy.purge !== 'enabled')
    return { done: true, deleted: 0, held: `the policy of ${shown} says purge: disabled` };
  return source.withLedger(async (ledger) => {
    const { schema } = await openTable(ledger.session, policy);
    // The stricter of the two cutoffs: a plan from before, or from a future that isn't here, deletes nothing more (P79, P81).
    const own = subtractDuration(await serverToday(ledger.session, policy), policy.retention);
    const asked = parseDay(input.cutoff);
    const cutoff = asked < own ? asked : own;
    const days = await ledger.days(policy.database, policy.table);
    const due = days.find((each) => each.day < cutoff && (each.state === 'archived' || each.state === 'purging'));
    if (!due) return { done: true, deleted: 0 };
    const key: PartitionKey = { database: policy.database, table: policy.table, day: due.day };
    try {
      return await purgeDay(source, ledger, policy, schema, key, input.forMillis, attempt);
    } catch (error) {
      if (error instanceof Stopped) await ledger.setStopped(key, error.message);
      throw error;
    }
  });
}

async function purgeDay(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  schema: TableSchema,
  key: PartitionKey,
  forMillis: number,
  attempt: Attempt,
): Promise<SliceResult> {
  const shown = `${key.database}.${key.table} ${key.day}`;
  const hold = await ledger.activeHold(`${key.database}.${key.table}`);
  if (hold) return { done: false, day: key.day, deleted: 0, held: `${hold.owner}: ${hold.reason}` };
  const row = await ledger.session.transaction(async () => {
    const found = await ledger.lockPartition(key);
    if (!found) throw new Stopped(`${shown}: its ledger row is gone`);
    return ledger.holdEpoch(key, await ledger.takeEpoch(key, found, 'purging'));
  });
  const { epoch } = row;
  const manifest = await openManifest(source, ledger, policy, key, row);
  if (row.fingerprint !== schema.fingerprint)
    throw new Stopped(
      `${shown}: the table's columns have changed since the export; what the archive lacks must not be deleted`,
    );
  const chunks: Chunk[] = [];
  for (const part of manifest.parts) chunks.push(...(await readChunkIndex(source.store, part)));
  const procedure = purgeProcedure(ledger.session, ledger.name, schema);
  await ensureProcedure(ledger.session, procedure);

  const until = Date.now() + forMillis;
  let servo = startServo();
  let next = position(chunks, row.cursor, shown);
  let from: Cursor | null = row.cursor;
  let deleted = 0;
  let races = 0;
  while (next < chunks.length) {
    if (attempt.signal.aborted || Date.now() > until) return { done: false, day: key.day, deleted };
    const run = takeRun(chunks, next, servo.rows);
    const last = next + run.length === chunks.length;
    const to = last ? null : (run.at(-1)?.cursor ?? null);
    const digest = mergeDigests(run.map(chunkDigest));
    const purge: PurgeRun = {
      day: key.day,
      epoch,
      from,
      to,
      manifestVersion: row.manifestVersion ?? '',
      digest,
      salt: row.salt,
      fingerprint: row.fingerprint,
      fuseRows: policy.maxRowsPerDay,
      chunks: run.length,
    };
    const began = Date.now();
    const { outcome, detail } = await callPurge(ledger.session, procedure, schema, row.window, purge);
    const millis = Date.now() - began;
    if (outcome === 'fenced') throw new Fenced(key, epoch, detail);
    if (outcome === 'held') return { done: false, day: key.day, deleted, held: detail };
    if (outcome === 'fuse')
      return { done: false, day: key.day, deleted, held: `fuse: ${detail}, maxRowsPerDay is ${policy.maxRowsPerDay}` };
    if (outcome === 'schema') throw new Stopped(`${shown}: ${detail}; nothing more was deleted`);
    if (outcome === 'raced' && ++races <= 5) continue;
    if (outcome !== 'deleted')
      throw new Stopped(
        `${shown}: rows changed since they were archived (${detail}, between ${JSON.stringify(from)} and ${JSON.stringify(to)}); nothing of them was deleted`,
      );
    races = 0;
    deleted += digest.rows;
    next += run.length;
    from = to;
    servo = nextServo(servo, digest.rows, millis);
    attempt.beat({ day: key.day, deleted, percent: Math.round((100 * next) / chunks.length), millis });
    if (policy.maxRowsPerSecond > 0)
      await rest((digest.rows / policy.maxRowsPerSecond) * 1000 - millis, attempt.signal);
  }
  await closeDay(ledger, schema, key, epoch, row);
  return { done: false, day: key.day, deleted };
}

/** Where the ledger's cursor stands among the chunks. @throws Stopped where it is none of theirs */
function position(chunks: readonly Chunk[], cursor: Cursor | null, shown: string): number {
  if (cursor === null) return 0;
  if (cursor.length === 1 && cursor[0] === 'end') return chunks.length;
  const text = JSON.stringify(cursor);
  const at = chunks.findIndex((chunk) => JSON.stringify(chunk.cursor) === text);
  if (at < 0)
    throw new Stopped(`${shown}: the ledger's cursor ${text} ends no chunk of the archive; the ledger was edited`);
  return at + 1;
}

/** Adjacent chunks up to about so many rows; one at least. */
function takeRun(chunks: readonly Chunk[], next: number, rows: number): Chunk[] {
  const run: Chunk[] = [];
  let sum = 0;
  // By index: a slice would copy the rest of a day's chunks for each transaction.
  for (let chunk = chunks[next]; chunk; chunk = chunks[next + run.length]) {
    if (run.length > 0 && sum + chunk.rows > rows) break;
    run.push(chunk);
    sum += chunk.rows;
  }
  return run;
}

/** The day is purged when a count of it is zero, never because a page came back empty. @throws Stopped */
async function closeDay(
  ledger: Ledger,
  schema: TableSchema,
  key: PartitionKey,
  epoch: number,
  row: Partition,
): Promise<void> {
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, epoch, 'purged');
    const where = predicate({ schema, window: row.window }, undefined, undefined);
    const [left] = await ledger.session.rows(
      `SELECT COUNT(*) AS number FROM ${qualified(schema.database, schema.table)} WHERE ${where}`,
    );
    if (Number(left?.number) > 0)
      throw new Stopped(
        `${key.database}.${key.table} ${key.day}: ${left?.number} rows are in the day that the archive lacks; they came late`,
      );
    await ledger.setState(key, 'purged');
  });
}

function rest(millis: number, signal: AbortSignal): Promise<void> {
  if (millis <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, millis);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
