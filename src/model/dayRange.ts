import { addDays, type Day, daysBetween } from './day.ts';

/** Days from one to another, both included. */
export interface DayRange {
  from: Day;
  to: Day;
}

/** Days in order as ranges without gaps: a plan of a year's days travels as one of them. */
export function toRanges(days: readonly Day[]): DayRange[] {
  const ranges: DayRange[] = [];
  for (const day of days) {
    const last = ranges.at(-1);
    if (last && addDays(last.to, 1) === day) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges;
}

export function daysOf(ranges: readonly DayRange[]): Day[] {
  return ranges.flatMap(({ from, to }) => daysBetween(from, to));
}
