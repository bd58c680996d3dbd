import { type Day, subtractDuration } from '../model/day.ts';
import type { TablePolicy } from './policy.ts';

/** The first day that is still within the table's retention: the days before it may be purged. @param today in the policy's zone */
export function cutoffOf(policy: Pick<TablePolicy, 'retention'>, today: Day): Day {
  return subtractDuration(today, policy.retention);
}
