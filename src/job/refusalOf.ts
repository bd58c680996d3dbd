import type { Refusal, RefusedWork } from '../ledger/refusals.ts';
import type { Day } from '../model/day.ts';
import { commandOf } from '../model/error.ts';
import { TableRefused } from '../mysql/schema/tableSchema.ts';
import { judge } from './verdict.ts';

/** An error that no retry mends, as the ledger keeps it. */
export function refusalOf(work: RefusedWork, day: Day | null, error: Error): Refusal {
  if (error instanceof TableRefused) {
    const { fact, remedy } = error.parts;
    return { work, day, reason: fact, remedy, command: null };
  }
  return { work, day, reason: error.message, remedy: judge(error).remedy ?? null, command: commandOf(error) };
}
