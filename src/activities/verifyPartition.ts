import { type VerifyResult, verifyDay } from '../export/verifyDay.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { onPartition, type PartitionInput } from './partition.ts';

export function verifyPartition(source: Source, input: PartitionInput, attempt: Attempt): Promise<VerifyResult> {
  return onPartition(source, input, attempt, verifyDay);
}
