import type { Cursor } from '../archive/chunk.ts';
import { type Digest, emptyDigest, mergeDigests } from '../archive/digest.ts';
import type { Job } from '../job/job.ts';
import { Fenced } from '../ledger/ledger.ts';
import { isDeadlock, isLockWait } from '../mysql/errors.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import type { HeldPurge, PacedPurge } from '../partition/pacedPurge.ts';
import { pointAt } from '../partition/purgeTrace.ts';
import { callPurge, purgeProcedure } from '../procedures/purgeProcedure.ts';
import { ensureProcedure } from '../procedures/storedProcedure.ts';
import type { LiveRow } from './classifyReinserted.ts';

/** Rows that follow each other in the table, proved by their archived lines' own digests. */
interface Run {
  from: Cursor | undefined;
  to: Cursor;
  rows: LiveRow[];
}

/** Rows of the table in cursor order behind a cursor, and those among them that are as archived. */
interface Sorted {
  rows: readonly LiveRow[];
  identical: ReadonlySet<LiveRow>;
  after: Cursor | undefined;
}

/** What became of rows that are as archived. */
export interface Reinserted {
  deleted: number;
  /** What a lock or a write of another kept: the next look finds it. */
  remaining: Set<LiveRow>;
  /** Why it waits. */
  held?: HeldPurge | undefined;
}

/** A lock wait, a deadlock or a row that came in between: the run is left to the next look after so many tries. */
const triesARun = 3;

/**
 * Deletes rows against their archived lines as any purge does: in runs of the pace's size, one proved transaction each,
 * within the window and the fuse. The trace says before how far that may go.
 */
export async function deleteReinserted(
  { ledger, attempt }: Job,
  day: OpenedDay,
  paced: PacedPurge,
  { rows, identical, after }: Sorted,
): Promise<Reinserted> {
  const result: Reinserted = { deleted: 0, remaining: new Set(identical) };
  if (identical.size === 0) return result;
  const { schema, row } = day;
  const procedure = purgeProcedure(ledger.session, ledger.name, schema);
  await ensureProcedure(ledger.session, procedure);
  const done = pointAt(day.chunks, day.next, day.row.rowsDeleted);
  const until = { ...done, rows: done.rows + identical.size };
  await day.trace.write(ledger, row, { done, until });
  let tries = 0;
  const runs = runsOf({ rows, identical, after }, () => paced.pacer.rows);
  for (let run = runs.next().value; run; ) {
    const held = await paced.ready(attempt, { day: day.key.day, deleted: result.deleted, phase: 'late rows' });
    if (held || attempt.signal.aborted) {
      result.held = held ?? { held: 'the attempt was cancelled' };
      break;
    }
    const began = Date.now();
    const proved = {
      window: row.window,
      day: day.key.day,
      epoch: day.epoch,
      cursor: row.cursor,
      nextCursor: row.cursor,
      from: run.from,
      to: run.to,
      manifestVersion: row.manifestVersion ?? '',
      digest: digestOf(run.rows),
      salt: row.salt,
      fingerprint: schema.fingerprint,
      fuseRows: day.fuse.rows,
      chunks: 0,
    };
    const transact = () => callPurge(ledger.session, procedure, schema, proved);
    const answer = await paced.pacer.during(transact).catch((error) => {
      if (!isLockWait(error) && !isDeadlock(error)) throw error;
      paced.pacer.recordContention(isLockWait(error) ? 'lock wait' : 'deadlock');
      return { outcome: 'raced' as const, detail: '' };
    });
    const { outcome, detail } = answer;
    if (outcome === 'fenced') throw new Fenced(day.key, day.epoch, detail);
    if (outcome === 'held') result.held = { held: detail, heldBy: 'hold' };
    if (outcome === 'fuse') result.held = { held: `fuse: ${detail}, ${day.fuse.setting}`, heldBy: 'fuse' };
    if (outcome === 'schema') result.held = { held: 'the table was altered meanwhile' };
    if (result.held) break;
    if (outcome === 'deleted') {
      for (const each of run.rows) result.remaining.delete(each);
      result.deleted += run.rows.length;
      paced.pacer.record(run.rows.length, Date.now() - began);
      attempt.count?.('deleted', run.rows.length, 0);
      await paced.keepInTime();
    } else if (outcome === 'raced' && ++tries < triesARun) continue;
    tries = 0;
    run = runs.next().value;
  }
  const gone = { ...done, rows: done.rows + result.deleted };
  await day.trace.write(ledger, row, { done: gone });
  day.row.rowsDeleted += result.deleted;
  return result;
}

export function digestOf(rows: readonly LiveRow[]): Digest {
  return mergeDigests([emptyDigest, ...rows.map((row): Digest => ({ rows: 1, xor: row.digest }))]);
}

/** Runs of rows that are as archived, each up to a row that isn't, or of as many rows as a transaction takes by then. */
function* runsOf({ rows, identical, after }: Sorted, most: () => number): Generator<Run, undefined> {
  let before = after;
  let run: Run | undefined;
  for (const row of rows) {
    if (run && (!identical.has(row) || run.rows.length >= most())) {
      yield run;
      run = undefined;
    }
    if (identical.has(row)) {
      run ??= { from: before, to: row.cursor, rows: [] };
      run.to = row.cursor;
      run.rows.push(row);
    }
    before = row.cursor;
  }
  if (run) yield run;
  return undefined;
}
