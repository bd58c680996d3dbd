import { addDays, addDuration, type Day, dayOf, subtractDuration } from '../model/day.ts';
import type { ArchiveSettings } from './archive.ts';

/** Days before this one are announced: their time is over once the notice is. @param today in the policy's zone */
export function announcedBefore(archive: ArchiveSettings | undefined, today: Day): Day | undefined {
  if (archive?.expire === undefined) return undefined;
  return subtractDuration(addDuration(today, archive.notice), archive.expire);
}

/** The first day on which an announced day's archive may be deleted: its time is over, and so is the notice. */
export function goesOn(
  { expire, notice }: { expire: string; notice: string },
  { day, announcedAt }: { day: Day; announcedAt: string },
  zone: string,
): Day {
  const byAge = addDays(addDuration(day, expire), 1);
  const byNotice = addDuration(dayOf(announcedAt, zone), notice);
  return byAge > byNotice ? byAge : byNotice;
}
