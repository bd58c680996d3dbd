import { addDays, type Day, daysBetween } from './day.ts';

/** The days from one to another, both included. */
export interface DayRange {
  from: Day;
  to: Day;
}

/** Days as ranges, in the same order: a year without gaps is one range, which keeps a plan's payload small. */
export function toRanges(days: readonly Day[]): DayRange[] {
  const ranges: DayRange[] = [];
  for (const day of days) {
    const last = ranges.at(-1);
    if (last && addDays(last.to, 1) === day) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges;
}

/** The days of ranges, in their order. */
export function daysOf(ranges: readonly DayRange[]): Day[] {
  return ranges.flatMap(({ from, to }) => daysBetween(from, to));
}
