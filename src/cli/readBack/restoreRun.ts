import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Day } from '../../model/day.ts';
import type { RestoreRequest } from '../../restore/planRestore.ts';
import { type RestoreOutcome, restoreInWords } from '../../workflows/restore/outcome.ts';
import { exact } from '../text/format.ts';

/** The days and the condition of a restore, in words. */
export function wordsOf({ from, to, where }: RestoreRequest): string {
  return `${from === to ? from : `${from} to ${to}`}${where === undefined ? '' : `, --where ${where}`}`;
}

/** A restore of other days into the same table may be running: to follow it would be to report of other rows. */
export async function requireSameRequest(
  handle: WorkflowHandle,
  request: RestoreRequest,
  target: string,
): Promise<void> {
  const running = (await handle.describe()).memo?.request;
  if (running === undefined || running === wordsOf(request)) return;
  throw new Error(
    `restore: another one into ${target} is running, of ${running}; wait for it, or name another table with --into`,
  );
}

/** A restore that couldn't load every day ends as failed and carries its result in the failure's details. */
export function incomplete(error: unknown): RestoreOutcome {
  const cause = error instanceof Error ? error.cause : undefined;
  const failure = cause instanceof WorkflowFailedError ? cause.cause : undefined;
  if (failure instanceof ApplicationFailure && failure.type === 'RestoreIncomplete')
    return failure.details?.[0] as RestoreOutcome;
  throw error;
}

export function daysArgument({ from, to }: { from: Day; to: Day }): string {
  return from === to ? `--day ${from}` : `--from ${from} --to ${to}`;
}

export function progressLine(outcome: RestoreOutcome): string {
  return `${restoreInWords(outcome, exact)}, of ${exact(outcome.rowsArchived)}`;
}
