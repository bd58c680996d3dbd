import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { type PutBackRowsOfDay, putBackDay } from '../restore/live/putBackDay.ts';
import { onPartition, type PartitionInput } from './partition.ts';

export interface PutBackDayInput extends PartitionInput {
  /** The run's, as it was prepared. */
  request: string;
}

export function putBackPartition(source: Source, input: PutBackDayInput, attempt: Attempt): Promise<PutBackRowsOfDay> {
  return onPartition(source, input, attempt, (job) => putBackDay(job, input.request));
}
