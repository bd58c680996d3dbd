import { cancellationDetails, cancellationSignal } from '@temporalio/activity';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { parseDay } from '../model/day.ts';
import { type Pace, parsePace, requestedPace } from '../pacing/operatorPace.ts';
import { purgeOldestDay } from '../purge/purgeOldestDay.ts';
import type { SliceResult } from '../purge/result.ts';
import { onTable, type TableInput } from './partition.ts';

export interface SliceInput extends TableInput {
  /** Days before it may be purged. The policy's own cutoff, by MySQL's clock, holds too. */
  cutoff: string;
  /** How long the slice works, in milliseconds. */
  forMillis: number;
  /** What the operator asks for, in words of every release; the policy's maxRowsPerSecond holds too. Left out: the policy's own pace. */
  pace?: Pace | undefined;
  /** The same in full. */
  asked?: Pace | undefined;
}

export async function purgeSlice(source: Source, input: SliceInput, attempt: Attempt): Promise<SliceResult> {
  const result = await onTable(source, input, attempt, async (job) => {
    const slice = {
      cutoff: parseDay(input.cutoff),
      forMillis: input.forMillis,
      pace: parsePace(requestedPace(input.pace, input.asked) ?? null),
    };
    return purgeOldestDay(job, slice);
  });
  const { day, held, heldBy } = result;
  if (held) attempt.report?.({ table: input.table, day }, { event: 'held', by: heldBy ?? 'other', reason: held });
  return result;
}

/**
 * A cancelled slice returns what it did, but only to a workflow that cancelled it. If the server paused or reset the
 * activity, or the worker shuts down, the slice must not look done, or the next one would start (pitfall P60). The ledger
 * has what it did.
 */
export function requireWhole(result: SliceResult): SliceResult {
  if (cancellationSignal().aborted && !cancellationDetails()?.cancelRequested) throw cancellationSignal().reason;
  return result;
}
