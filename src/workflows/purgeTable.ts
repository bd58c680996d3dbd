import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import { checkInput } from './invalidInput.ts';
import { listen } from './purge/handlers.ts';
import type { PurgeProgress } from './purge/messages.ts';
import { PurgeRun } from './purge/purgeRun.ts';
import type { PurgeTableInput } from './purge/state.ts';

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

/** Purges a table's days before the cutoff, oldest first, slice by slice. A table has one purge at a time. */
export async function purgeTable(input: PurgeTableInput): Promise<PurgeProgress> {
  checkInput(input, fields, example);
  const run = new PurgeRun(input);
  listen(run);
  for (;;) {
    await run.waitWhilePaused();
    await run.interruptible(async () => {
      await run.runSlice();
      await run.heal();
      await run.waitWhileHeld();
    });
    if (run.done) {
      await condition(allHandlersFinished);
      // Read again, with no await before the return: a cutoff may have come meanwhile (pitfall P83: an ending purge misses it).
      if (run.finished()) return run.end();
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof purgeTable>(run.state);
    }
  }
}
