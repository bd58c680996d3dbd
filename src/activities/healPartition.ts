import { healDay } from '../heal/healDay.ts';
import type { HealResult } from '../heal/result.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { onPartition, type PartitionInput } from './partition.ts';
import { registerDay } from './registerDay.ts';

export interface HealInput extends PartitionInput {
  /** An operator asked for it, as `HealOptions` says. */
  asked?: boolean;
}

export async function healPartition(source: Source, input: HealInput, attempt: Attempt): Promise<HealResult> {
  const healed = await onPartition(source, input, attempt, (job) => healDay(job, { asked: input.asked ?? false }));
  const { added, changed, removed, parts, held, heldBy } = healed;
  if (held) attempt.report?.(input, { event: 'held', by: heldBy ?? 'other', reason: held });
  else if (parts > 0) attempt.report?.(input, { event: 'healed', added, changed, removed, parts });
  // A heal may have widened the day.
  if (parts > 0) await registerDay(source, input, attempt);
  return healed;
}
