import { type ExportResult, exportDay } from '../export/exportDay.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { onPartition, type PartitionInput } from './partition.ts';

export function exportPartition(source: Source, input: PartitionInput, attempt: Attempt): Promise<ExportResult> {
  return onPartition(source, input, attempt, exportDay);
}
