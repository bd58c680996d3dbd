import type { Day } from '../../src/model/day.ts';
import { addDays, daysBetween, subtractDuration } from '../../src/model/day.ts';

/** How much the demo does. */
export interface Size {
  /** Closed days that the bank has. */
  closedDays: number;
  retention: string;
  /** The share of the bank's usual rows per day. */
  share: number;
  /** Days that are archived by a backfill of the schedule, before the run that fills the others. */
  backfilled: number;
}

const usual: Size = { closedDays: 75, retention: 'P2M', share: 1, backfilled: 20 };
/** `--small`: seconds, for a test. */
const small: Size = { closedDays: 9, retention: 'P7D', share: 0.02, backfilled: 1 };

export function sizeOf(args: readonly string[]): Size {
  return args.includes('--small') ? small : usual;
}

/** The demo's days, by MySQL's clock. */
export interface Calendar {
  today: Day;
  closed: Day[];
  /** Those before the cutoff are past their retention. */
  cutoff: Day;
  old: Day[];
}

export function calendarOf(today: Day, { closedDays, retention }: Size): Calendar {
  const closed = daysBetween(addDays(today, -closedDays), addDays(today, -1));
  const cutoff = subtractDuration(today, retention);
  return { today, closed, cutoff, old: closed.filter((day) => day < cutoff) };
}
