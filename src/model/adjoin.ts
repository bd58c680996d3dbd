import type { Day, DayWindow } from './day.ts';

/** A day that the ledger knows, with the window that was recorded when it was exported first. */
export interface RecordedDay {
  day: Day;
  window: { start: string; end: string };
}

/** The days right before and after one, as far as the ledger knows them. */
export interface Neighbours {
  before?: RecordedDay | undefined;
  after?: RecordedDay | undefined;
}

/**
 * The neighbour that a window doesn't adjoin: between the two lies time of no day, or time of both. Rows in a hole would
 * never be archived and never be counted; rows in an overlap would be archived twice.
 */
export function misfit(window: DayWindow, { before, after }: Neighbours): RecordedDay | undefined {
  if (before && moment(before.window.end) !== moment(window.start)) return before;
  return after && moment(after.window.start) !== moment(window.end) ? after : undefined;
}

/**
 * The window from the end of the day before to the start of the day after. Undefined where no such window exists: the
 * column's values are written in another form now, or the neighbours leave no room.
 */
export function bridge(window: DayWindow, { before, after }: Neighbours): DayWindow | undefined {
  const start = before?.window.end ?? window.start;
  const end = after?.window.start ?? window.end;
  const forms = new Set([window.start, start, end].map((each) => /^-?\d+$/.test(each)));
  if (forms.size > 1) return undefined;
  return isAfter(start, end) ? undefined : { start, end };
}

function isAfter(one: string, other: string): boolean {
  if (/^-?\d+$/.test(one)) return BigInt(one) > BigInt(other);
  return moment(one) > moment(other);
}

/** A DATE's window is written as days, a DATETIME's with the time of day. */
function moment(text: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text} 00:00:00` : text;
}
