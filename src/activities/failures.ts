import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { Held } from '../job/attempt.ts';
import { judge } from '../job/verdict.ts';
import { Fenced } from '../ledger/ledger.ts';
import { tableAndDayOf } from './tableAndDay.ts';

/**
 * An error as Temporal takes it, with the table and day that it met. What no retry can mend isn't retried, because a
 * person has to look first. A hold and an attempt that was overtaken are expected: they are retried, and neither logged
 * as errors nor counted as failures. All else is retried.
 */
export function asFailure(error: unknown, input?: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const failure = { message: error.message, type: error.name, cause: error };
  const benign = ApplicationFailureCategory.BENIGN;
  if (error instanceof Held)
    return ApplicationFailure.create({ ...failure, category: benign, nextRetryDelay: '10 seconds' });
  if (error instanceof Fenced) return ApplicationFailure.create({ ...failure, category: benign });
  const { verdict, remedy } = judge(error);
  if (verdict !== 'retry')
    return ApplicationFailure.create({ ...failure, message: explained(error, input, remedy), nonRetryable: true });
  if (isDefect(error))
    return ApplicationFailure.create({ ...failure, message: explained(error, input, defectRemedy), type: 'Defect' });
  return remedy ? ApplicationFailure.create({ ...failure, message: explained(error, input, remedy) }) : error;
}

/** Our own code asked for what isn't there. A network client's TypeError has the network's error as its cause. */
function isDefect(error: Error): boolean {
  return (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) && !error.cause;
}

const defectRemedy = 'This is a defect of Sediment; it is tried again. Please report this line with the worker’s log';

/** A stop of ours names its table and its way on; what a server answers does neither. */
function explained({ message }: Error, input: unknown, remedy: string | undefined): string {
  if (!remedy) return message;
  const { table, day } = tableAndDayOf(input);
  const where = [table, day].filter((each) => each !== undefined && !message.includes(each)).join(' ');
  return `${where ? `${where}: ` : ''}${message}. ${remedy}`;
}
