import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { Held } from '../job/attempt.ts';
import { isStop } from '../job/stops.ts';
import { Fenced } from '../ledger/ledger.ts';

/**
 * An error as Temporal takes it. A stop isn't retried, because a person has to look first. A hold and an attempt that was
 * overtaken are expected: they are retried, and neither logged as errors nor counted as failures. All else is retried.
 */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const failure = { message: error.message, type: error.name, cause: error };
  const benign = ApplicationFailureCategory.BENIGN;
  if (isStop(error)) return ApplicationFailure.create({ ...failure, nonRetryable: true });
  if (error instanceof Held)
    return ApplicationFailure.create({ ...failure, category: benign, nextRetryDelay: '10 seconds' });
  if (error instanceof Fenced) return ApplicationFailure.create({ ...failure, category: benign });
  return error;
}
