import { type CommitResult, commitDay } from '../export/commitDay.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { onPartition, type PartitionInput } from './partition.ts';
import { registerDay } from './registerDay.ts';

export async function commitManifest(source: Source, input: PartitionInput, attempt: Attempt): Promise<CommitResult> {
  const committed = await onPartition(source, input, attempt, commitDay);
  await registerDay(source, input, attempt);
  return committed;
}
