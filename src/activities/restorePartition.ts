import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { parseTableName } from '../model/tableName.ts';
import { type RestoredRows, restoreDay } from '../restore/restoreDay.ts';
import { onPartition, type PartitionInput } from './partition.ts';

export interface RestoreDayInput extends PartitionInput {
  /** The table that was prepared, `db.table`. */
  target: string;
}

export function restorePartition(source: Source, input: RestoreDayInput, attempt: Attempt): Promise<RestoredRows> {
  return onPartition(source, input, attempt, (job) => restoreDay(job, parseTableName(input.target)));
}
