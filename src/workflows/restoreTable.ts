import { ApplicationFailure, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { sourceActivities, type Timeouts } from './activities.ts';
import { checkInput } from './invalidInput.ts';
import { reasonOf } from './reasonOf.ts';
import {
  notePutBack,
  noteRestored,
  noteUnrestored,
  type RestoreOutcome,
  restoreInWords,
  startRestore,
} from './restore/outcome.ts';
import { restoreProgress } from './run/runProgress.ts';
import { attributeWriter } from './searchAttributes.ts';

export interface RestoreTableInput {
  source: string;
  /** `db.table`, a part that holds a dot in backticks. */
  table: string;
  /** `YYYY-MM-DD`; 0000-00-00 for the rows without a day. */
  from: string;
  /** Included. */
  to: string;
  /** The table to make, `db.table`; left out, a name beside the table itself. */
  into?: string;
  /** `column = value [and …]`; left out, all rows. */
  where?: string;
  /** Days that are loaded at once; 1 if it is left out, because a day is loaded by two sessions. */
  concurrency?: number;
  /** Into the live table: `into` is left out then. */
  live?: LiveRestore;
  timeouts?: Timeouts;
  /** Carried through continue-as-new, never given by hand. */
  carried?: RestoreOutcome;
}

/** Rows go back into the table itself, where the purge leaves their days alone for a while. */
export interface LiveRestore {
  /** ISO 8601, P30D. */
  keepFor: string;
  who: string;
  reason: string;
}

export interface RestoreTableResult extends RestoreOutcome {
  /** The outcome in words. */
  summary: string;
}

const fields = {
  source: 'source',
  table: 'table',
  from: 'restoredDay',
  to: 'restoredDay',
  into: 'table?',
  where: 'text?',
  concurrency: 'concurrency?',
  live: 'live?',
  timeouts: 'timeouts?',
  carried: 'any?',
} as const;
const example = '{"source": "bank-primary", "table": "shop.orders", "from": "2026-09-15", "to": "2026-09-15"}';

/**
 * Loads archived days into a table of their own, or back into the live one; what is written is proved there. A day that
 * can't be loaded is that day's alone.
 */
export async function restoreTable(input: RestoreTableInput): Promise<RestoreTableResult> {
  checkInput(input, fields, example);
  const { source, table, from, to, into, where } = input;
  const { restoring } = sourceActivities(source, input.timeouts);
  const outcome = input.carried ?? startRestore();
  setHandler(restoreProgress, () => outcome, { description: 'What has been restored so far' });
  const request = workflowInfo().firstExecutionRunId;
  const prepared = input.live
    ? await restoring.preparePutBack({ table, from, to, where, request, ...input.live })
    : await restoring.prepareRestore({ table, from, to, into, where });
  const { target } = prepared;
  if (!input.carried) Object.assign(outcome, startRestore(prepared));
  const writeAttributes = attributeWriter(prepared.searchAttributes);
  const show = (phase: string) => {
    writeAttributes({ table, phase });
    setCurrentDetails(restoreInWords(outcome));
  };
  show('restoring');
  const waiting = prepared.days.filter((day) => !(day in outcome.failed));
  const work = async () => {
    while (!workflowInfo().continueAsNewSuggested) {
      const day = waiting.shift();
      if (day === undefined) return;
      try {
        const summary = `${day} into ${target}`;
        if (input.live)
          notePutBack(
            outcome,
            await restoring.putBackPartition.executeWithOptions({ summary }, [{ table, day, request }]),
          );
        else
          noteRestored(
            outcome,
            await restoring.restorePartition.executeWithOptions({ summary }, [{ table, day, target }]),
          );
      } catch (error) {
        noteUnrestored(outcome, day, reasonOf(error));
      }
      show('restoring');
    }
  };
  await Promise.all(Array.from({ length: input.concurrency ?? 1 }, work));
  if (waiting.length > 0) await continueAsNew<typeof restoreTable>({ ...input, carried: outcome });
  const result = { summary: restoreInWords(outcome), ...outcome };
  const failed = Object.keys(outcome.failed).length > 0;
  show(failed ? 'failed' : 'restored');
  if (failed) throw ApplicationFailure.nonRetryable(result.summary, 'RestoreIncomplete', result);
  return result;
}
