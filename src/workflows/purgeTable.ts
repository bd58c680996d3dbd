import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { sourceActivities, type Timeouts } from './activities.ts';

export interface PurgeTableInput {
  source: string;
  table: string;
  /** Days before it are purged; a later one may come by the signal extendCutoff. */
  cutoff: string;
  timeouts?: Timeouts;
  /** Carried through continue-as-new. */
  paused?: PauseRequest | undefined;
  deleted?: number;
}

export interface PauseRequest {
  owner: string;
  reason: string;
}

export interface PurgeProgress {
  cutoff: string;
  day: string | null;
  /** Rows that this run's slices reported; the ledger has the account. */
  deleted: number;
  held: string | null;
}

export const pause = defineUpdate<PurgeProgress, [PauseRequest]>('pause');
export const resume = defineUpdate<PurgeProgress>('resume');
export const progress = defineQuery<PurgeProgress>('progress');
export const extendCutoff = defineSignal<[string]>('extendCutoff');

const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

/** Purges a table's days before the cutoff, oldest first, slice by slice; one a table, ever. */
export async function purgeTable(input: PurgeTableInput): Promise<PurgeProgress> {
  const { heals, slices, sliceMillis } = sourceActivities(input.source, input.timeouts);
  let { cutoff } = input;
  let hold = input.paused;
  let held: string | null = null;
  let day: string | null = null;
  let deleted = input.deleted ?? 0;
  let scope: CancellationScope | undefined;
  let done = false;
  const now = (): PurgeProgress => ({
    cutoff,
    day,
    deleted,
    held: hold ? `paused by ${hold.owner}: ${hold.reason}` : held,
  });

  setHandler(progress, now, { description: 'Where the purge stands: cutoff, day, rows deleted, why it waits' });
  // A bad payload is ignored, for a signal that throws fails the workflow task over and over; the cutoff only grows.
  setHandler(extendCutoff, (later) => {
    if (typeof later === 'string' && dayPattern.test(later) && later > cutoff) cutoff = later;
  });
  setHandler(
    pause,
    async (request) => {
      hold = request;
      scope?.cancel();
      await condition(() => scope === undefined);
      return now();
    },
    {
      description:
        'Stops deleting; answers when nothing is in flight. {"owner": "oncall", "reason": "month-end close"}',
      validator: (request) => {
        if (typeof request?.owner !== 'string' || typeof request?.reason !== 'string' || request.reason === '')
          throw new TypeError('pause wants {"owner": "…", "reason": "…"}');
      },
    },
  );
  setHandler(resume, () => {
    hold = undefined;
    return now();
  });

  for (;;) {
    while (hold) await condition(() => !hold);
    try {
      await CancellationScope.cancellable(async () => {
        scope = CancellationScope.current();
        const slice = await slices.purgeSlice({ table: input.table, cutoff, forMillis: sliceMillis });
        day = slice.day ?? day;
        deleted += slice.deleted;
        held = slice.held ?? null;
        done = slice.done;
        setCurrentDetails(
          `**${input.table}** before ${cutoff}: ${day ?? 'nothing due'}, ${deleted} rows deleted${held ? `, waits: ${held}` : ''}`,
        );
        if (slice.drifted && slice.day)
          held = (await heals.healPartition({ table: input.table, day: slice.day })).held ?? null;
        if (held && !done) await sleep('30 seconds');
      });
    } catch (error) {
      if (!hold) throw error;
    } finally {
      scope = undefined;
    }
    // Read afresh, with no await before the return: a cutoff that came meanwhile makes another round (P83).
    if (done && !hold) {
      const asked: string = cutoff;
      await condition(allHandlersFinished);
      if (asked === cutoff) return now();
      done = false;
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof purgeTable>({ ...input, cutoff, paused: hold, deleted });
    }
  }
}
