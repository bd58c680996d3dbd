import { Temporal } from 'temporal-polyfill';
import type { PurgeWindow } from '../config/window.ts';

/** Whether the window is open, and when that changes. */
export interface WindowState {
  open: boolean;
  /** Milliseconds since 1970 UTC; undefined if nothing changes within a fortnight. */
  changesAt: number | undefined;
}

/**
 * The state of a window at an instant of MySQL's clock, not the worker's (pitfall P37: two clocks). Where a clock change makes
 * an hour come twice or not at all, the stricter reading counts: such a window begins late and ends early.
 */
export function windowAt(window: PurgeWindow, epochMillis: number): WindowState {
  const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMillis))
    .toZonedDateTimeISO(window.zone)
    .toPlainDate();
  let until: number | undefined;
  // From yesterday, whose window may reach over midnight, until a week has passed for sure.
  for (let offset = -1; offset <= 15; offset++) {
    const day = today.add({ days: offset });
    if (!window.weekdays.includes(day.dayOfWeek)) continue;
    const [start, end] = spanOn(window, day);
    if (end <= start || end <= (until ?? epochMillis)) continue;
    // Windows that meet, as 00:00-24:00 does day by day, are one.
    if (start > (until ?? epochMillis)) {
      return until === undefined ? { open: false, changesAt: start } : { open: true, changesAt: until };
    }
    until = end;
  }
  return { open: until !== undefined, changesAt: undefined };
}

function spanOn(window: PurgeWindow, day: Temporal.PlainDate): [start: number, end: number] {
  const at = (minute: number, disambiguation: 'earlier' | 'later') =>
    day.toPlainDateTime({ hour: 0 }).add({ minutes: minute }).toZonedDateTime(window.zone, { disambiguation })
      .epochMilliseconds;
  return [at(window.startMinute, 'later'), at(window.endMinute, 'earlier')];
}

/** Why the purge waits, as `outside the purge window 22:00-06:00 Europe/Berlin, which opens 2026-11-23 22:00`. */
export function describeClosed(window: PurgeWindow, state: WindowState): string {
  if (state.changesAt === undefined) return `outside the purge window ${window.text}`;
  const opens = Temporal.Instant.fromEpochMilliseconds(state.changesAt).toZonedDateTimeISO(window.zone);
  const text = opens.toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' ');
  return `outside the purge window ${window.text}, which opens ${text}`;
}
