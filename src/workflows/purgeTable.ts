import { allHandlersFinished, condition, continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { resolveTimeouts, sourceActivities, type Timeouts } from './activities.ts';
import { purgeDetails } from './details.ts';
import { checkInput } from './invalidInput.ts';
import { PurgeControl, type PurgeSettings } from './purge/control.ts';
import { listen } from './purge/handlers.ts';
import { countHeld } from './purge/heldSeconds.ts';
import { inWords, type PurgeProgress } from './purge/messages.ts';
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
  /** Heals one after the other without a row deleted in between. */
  healsInVain?: number;
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
/** Before a day that was just healed in vain is healed again: so much, and twice as much each time. */
const healRestMillis = 5_000;
/** Between two looks of a purge that is held for longer. */
const longestRestMillis = 15 * 60_000;
const example = '{"source": "bank-primary", "table": "shop.orders", "cutoff": "2026-09-22"}';

/** Purges a table's days before the cutoff, oldest first, slice by slice; one a table, ever. */
export async function purgeTable(input: PurgeTableInput): Promise<PurgeProgress> {
  checkInput(input, fields, example);
  const { table } = input;
  const { heals, slices, holds } = sourceActivities(input.source, input.timeouts);
  const { sliceMillis, waitMillis } = resolveTimeouts(input.timeouts);
  const start: Carried = input.carried ?? { rejected: [], day: null, deleted: 0, slices: 0 };
  const { cutoff, policyHash } = input;
  const settings: PurgeSettings = { ...start, cutoff, policyHash };
  let { day, deleted } = start;
  let count = start.slices;
  let healsInVain = start.healsInVain ?? 0;
  let [held, time, native]: [string | null, string | null, string | null] = [null, null, null];
  const now = (): PurgeProgress => {
    const { position } = control;
    const { paused } = settings;
    const found = {
      table,
      cutoff: settings.cutoff,
      day: position?.day ?? day,
      deleted,
      native,
      time,
      held: paused ? `paused by ${paused.owner}: ${paused.reason}` : held,
      paused: paused ?? null,
      pace: settings.pace ?? null,
      policyHash: settings.policyHash ?? null,
      cursor: position?.cursor ?? null,
      rowsLeft: position?.rowsLeft ?? null,
      rejected: settings.rejected,
    };
    return { ...found, summary: inWords(found) };
  };
  const control = new PurgeControl(table, settings, holds);
  const draw = () => setCurrentDetails(purgeDetails(now()));
  listen(control, now, draw);
  const place = placeKeeper(input.searchAttributes);
  const show = (phase: string) => {
    place({ table, phase, ...(day ? { day } : {}) });
    draw();
  };

  for (;;) {
    if (control.isReadingHold) await control.whileReadingHold();
    if (settings.paused) show('paused');
    await control.whilePaused();
    let [done, ran] = [false, settings.cutoff];
    await control.interruptible(async () => {
      ran = settings.cutoff;
      show('purging');
      const { pace } = settings;
      const summary = `${day ?? `before ${ran}`}, slice ${++count}`;
      const slice = await slices.purgeSlice.executeWithOptions({ summary }, [
        { table, cutoff: ran, forMillis: sliceMillis, ...(pace ? { pace } : {}) },
      ]);
      native = slice.native ?? (slice.day === day ? native : null);
      if (slice.day && slice.day !== day) [day, count, healsInVain] = [slice.day, 1, 0];
      if (slice.deleted > 0) healsInVain = 0;
      deleted += slice.deleted;
      [held, time] = [slice.held ?? null, slice.time ?? null];
      let { heldBy } = slice;
      done = slice.done;
      if (slice.drifted && slice.day) {
        // A day that is written to as fast as it is healed would be given up within seconds.
        if (healsInVain > 0) {
          held = `${slice.day} has changed again since its heal; the next one waits`;
          show('waiting');
          await control.rest(Math.min(healRestMillis * 2 ** (healsInVain - 1), longestRestMillis));
        }
        show('healing');
        healsInVain++;
        const heal = heals.healPartition.executeWithOptions({ summary: `${slice.day}, heal` }, [
          { table, day: slice.day },
        ]);
        ({ held = null, heldBy } = await heal);
      }
      if (!held || done) return;
      show('waiting');
      // A window that opens at ten is waited for in one timer, not in looks; a resume or another pace ends it.
      const until = slice.heldUntil === undefined ? 0 : Date.parse(slice.heldUntil) - Date.now();
      const millis = Math.max(waitMillis, Math.min(until, longestRestMillis));
      await countHeld(input, heldBy, () => control.rest(millis));
    });
    if (done && !settings.paused) {
      await condition(allHandlersFinished);
      // Read afresh, with no await before the return: a cutoff that came meanwhile makes another round (P83).
      if (!settings.paused && ran === settings.cutoff) {
        show('done');
        return now();
      }
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      const { paused, pace, rejected } = settings;
      await continueAsNew<typeof purgeTable>({
        ...input,
        cutoff: settings.cutoff,
        ...(settings.policyHash ? { policyHash: settings.policyHash } : {}),
        carried: { paused, pace, rejected, day, deleted, slices: count, healsInVain },
      });
    }
  }
}
