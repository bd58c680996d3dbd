import { allHandlersFinished, condition, continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { resolveTimeouts, sourceActivities, type Timeouts } from './activities.ts';
import { checkInput } from './invalidInput.ts';
import { PurgeControl, type PurgeSettings } from './purgeControl.ts';
import { listen } from './purgeHandlers.ts';
import { inWords, type PurgeProgress } from './purgeMessages.ts';
import { placeKeeper } from './searchAttributes.ts';

export interface PurgeTableInput {
  source: string;
  /** `db.table`, a part that holds a dot in backticks. */
  table: string;
  /** Days before it are purged; a later one may come by the signal extendCutoff. */
  cutoff: string;
  /** Of the policy that the plan was made from. */
  policyHash?: string;
  /** Whether the namespace knows Sediment's search attributes. */
  searchAttributes?: boolean;
  timeouts?: Timeouts;
  /** Carried through continue-as-new, never given by hand. */
  carried?: Carried;
}

interface Carried extends Omit<PurgeSettings, 'cutoff' | 'policyHash'> {
  day: string | null;
  deleted: number;
  slices: number;
}

const fields = {
  source: 'source',
  table: 'table',
  cutoff: 'day',
  policyHash: 'text?',
  searchAttributes: 'flag?',
  timeouts: 'timeouts?',
  carried: 'any?',
} as const;
const example = '{"source": "bank-primary", "table": "shop.orders", "cutoff": "2026-09-22"}';

/** Purges a table's days before the cutoff, oldest first, slice by slice; one a table, ever. */
export async function purgeTable(input: PurgeTableInput): Promise<PurgeProgress> {
  const { heals, slices, sliceMillis } = sourceActivities(input.source, input.timeouts);
  let { cutoff } = input;
  let hold = input.paused;
  let held: string | null = null;
  const now = (): PurgeProgress => {
    const { standing } = control;
    const { paused } = settings;
    const found = {
      table,
      cutoff: settings.cutoff,
      day: standing?.day ?? day,
      deleted,
      held: paused ? `paused by ${paused.owner}: ${paused.reason}` : held,
      paused: paused ?? null,
      rowsPerSecond: settings.rowsPerSecond ?? null,
      policyHash: settings.policyHash ?? null,
      cursor: standing?.cursor ?? null,
      rowsLeft: standing?.rowsLeft ?? null,
      rejected: settings.rejected,
    };
    return { ...found, summary: inWords(found) };
  };
  const control = new PurgeControl(table, settings, holds);
  listen(control, now);
  const place = placeKeeper(input.searchAttributes);
  const show = (phase: string) => {
    place({ table, phase, ...(day ? { day } : {}) });
    setCurrentDetails(
      `${now().summary}\n\n| table | before | day | deleted | pace |\n|---|---|---|---|---|\n| ${table} | ${settings.cutoff} | ${day ?? '-'} | ${deleted} | ${settings.rowsPerSecond ?? 'policy'} |`,
    );
  };

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
      // Read afresh, with no await before the return: a cutoff that came meanwhile makes another round (P83).
      if (!settings.paused && ran === settings.cutoff) {
        show('done');
        return now();
      }
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      const { paused, rowsPerSecond, rejected } = settings;
      await continueAsNew<typeof purgeTable>({
        ...input,
        cutoff: settings.cutoff,
        ...(settings.policyHash ? { policyHash: settings.policyHash } : {}),
        carried: { paused, rowsPerSecond, rejected, day, deleted, slices: count },
      });
    }
  }
}
