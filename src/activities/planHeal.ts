import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { type HealPlan, planRequestedHeal } from '../plan/planRequestedHeal.ts';
import { onPartition, type PartitionInput } from './partition.ts';

export function planHeal(source: Source, input: PartitionInput, attempt: Attempt): Promise<HealPlan> {
  return onPartition(source, input, attempt, planRequestedHeal);
}
