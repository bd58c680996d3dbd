import { endDrill as end } from '../drill/endDrill.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import type { Drill } from '../ledger/drills.ts';
import { parseTableName } from '../model/tableName.ts';
import { onPartition, type PartitionInput } from './partition.ts';

export interface EndDrillInput extends PartitionInput {
  /** The table that the day was loaded into, `db.table`. */
  target: string;
  drill: Drill;
}

export async function endDrill(source: Source, input: EndDrillInput, attempt: Attempt): Promise<void> {
  await onPartition(source, input, attempt, (job) => end(job, parseTableName(input.target), input.drill));
  attempt.report?.(input, { event: 'drilled', ...input.drill });
}
