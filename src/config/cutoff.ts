import { addDays, type Day, dayOf, parseDay, subtractDuration } from '../model/day.ts';
import type { TablePolicy } from './policy.ts';

/** The first day that is still within the table's retention: the days before it may be purged. @param today in the policy's zone */
export function cutoffOf(policy: Pick<TablePolicy, 'retention'>, today: Day): Day {
  return subtractDuration(today, policy.retention);
}

/** The newest day whose archive is due: the one before the latest time of the schedule, in the policy's zone. `at` is HH:MM, UTC. */
export function lastDueDay(now: string, at: string, zone: string): Day {
  const todays = `${now.slice(0, 10)}T${at}:00Z`;
  const latest = now >= todays ? todays : `${addDays(parseDay(now.slice(0, 10)), -1)}T${at}:00Z`;
  return addDays(dayOf(latest, zone), -1);
}
