import { type CommitResult, commitDay } from '../export/commitDay.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { onPartition, type PartitionInput } from './partition.ts';

export function commitManifest(source: Source, input: PartitionInput, attempt: Attempt): Promise<CommitResult> {
  return onPartition(source, input, attempt, commitDay);
}
