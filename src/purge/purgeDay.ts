import type { Job } from '../job/job.ts';
import { isStop } from '../job/stops.ts';
import { formatTableName } from '../model/tableName.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import type { PacedPurge } from '../partition/pacedPurge.ts';
import { purgeProcedure } from '../procedures/purgeProcedure.ts';
import { ensureProcedure } from '../procedures/storedProcedure.ts';
import { Allowance } from './allowance.ts';
import { logKeysAlone } from './binlogRowImage.ts';
import { allowHeal, closeDay } from './closeDay.ts';
import { openedAt } from './position.ts';
import { mayBeNative, purgeNatively } from './purgeNatively.ts';
import { purgeNextRun } from './purgeRun.ts';
import type { SliceResult } from './result.ts';
import type { Slice, SliceEnd } from './slice.ts';

/**
 * Deletes an opened day's rows for as long as a slice may last, natively or run by proved run, and then closes the day.
 * The trace says before how far that may go, and afterwards how far it went.
 */
export async function purgeDay(job: Job, day: OpenedDay, paced: PacedPurge, forMillis: number): Promise<SliceResult> {
  const allowance = new Allowance(job.ledger, day);
  let position = openedAt(day);
  let native: string | undefined;
  let end: SliceEnd | undefined;
  try {
    // What the archive lacks is archived before it is deleted (pitfall P66: a column that was added since).
    if (hasNewColumns(day)) end = { drifted: true };
    else {
      const slice = await beginSlice(job, day, { paced, allowance, forMillis });
      if (mayBeNative(slice)) {
        const step = await purgeNatively(slice, position, forMillis);
        native = step.native;
        position = step.position;
        end = step.end;
      }
      while (!end && position.next < day.chunks.length) {
        const step = await purgeNextRun(slice, position);
        position = step.position;
        end = step.end;
      }
    }
    const closed = !end && (await closeDay(job, day));
    if (!closed) end ??= { drifted: true };
    if (end?.drifted) await allowHeal(job, day, position.next);
    await allowance.end(position, closed ? 'purged' : 'purging');
    if (closed) reportPurged(job, day.row.rowsDeleted + position.deleted);
    const result: SliceResult = { done: false, day: day.key.day, deleted: position.deleted, ...end };
    if (native !== undefined) result.native = native;
    return result;
  } catch (error) {
    // At a stop it is known what was deleted. The trace records it, so that the next slice doesn't have to find out.
    if (isStop(error)) await allowance.end(position, 'purging').catch(() => undefined);
    throw error;
  }
}

function reportPurged({ attempt, key }: Job, rows: number): void {
  attempt.report?.({ table: formatTableName(key), day: key.day }, { event: 'purged', rows });
}

function hasNewColumns({ chunks, next, schema }: OpenedDay): boolean {
  return chunks.slice(next).some((chunk) => chunk.part.width < schema.columns.length);
}

async function beginSlice(
  job: Job,
  day: OpenedDay,
  { paced, allowance, forMillis }: { paced: PacedPurge; allowance: Allowance; forMillis: number },
): Promise<Slice> {
  const { ledger } = job;
  const procedure = purgeProcedure(ledger.session, ledger.name, day.schema);
  await ensureProcedure(ledger.session, procedure);
  if (job.policy.binlogRowImage === 'minimal') await logKeysAlone(ledger.session, day.key);
  return { job, day, paced, allowance, procedure, until: Date.now() + forMillis };
}
