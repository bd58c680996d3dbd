import { Temporal } from 'temporal-polyfill';
import { parseRetention } from './duration.ts';

/** A calendar day, `YYYY-MM-DD`. */
export type Day = string & { readonly __brand: 'Day' };

/** What the time column holds. */
export type TimeKind = 'date' | 'datetime' | 'timestamp' | 'epochSeconds' | 'epochMillis';

/** A day's half-open interval, as literals that compare with the column under `time_zone = '+00:00'`. */
export interface DayWindow {
  start: string;
  end: string;
}

export class InvalidDay extends Error {
  override readonly name = 'InvalidDay';
}

/** @throws InvalidDay */
export function parseDay(text: string): Day {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text))
      return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() as Day;
  } catch {
    // falls through to the one message
  }
  throw new InvalidDay(`"${text}" is no day. Write it as 2026-11-21.`);
}

export function addDays(day: Day, days: number): Day {
  return Temporal.PlainDate.from(day).add({ days }).toString() as Day;
}

/** Every day from one to another, both included; none where the range runs backwards. */
export function daysBetween(from: Day, to: Day): Day[] {
  const days: Day[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

/** The day that an instant (ISO 8601, with zone) falls on in a zone. */
export function dayOf(instant: string, zone: string): Day {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDate().toString() as Day;
}

/** Calendar months clamp: two months before 30 April is the last of February. */
export function subtractRetention(day: Day, retention: string): Day {
  return Temporal.PlainDate.from(day).subtract(parseRetention(retention)).toString() as Day;
}

/**
 * A day's window. TIMESTAMP and epochs are instants: 23 or 25 hours on change days, never "plus 24 h" (P36).
 * DATE and DATETIME are wall time in the policy's zone, DATETIME an instant where the policy says that it holds UTC.
 */
export function dayWindow(day: Day, kind: TimeKind, zone: string, datetimeIsUtc: boolean): DayWindow {
  const next = addDays(day, 1);
  if (kind === 'date') return { start: day, end: next };
  if (kind === 'datetime' && !datetimeIsUtc) return { start: `${day} 00:00:00`, end: `${next} 00:00:00` };
  const literalOf = (date: Day): string => {
    const instant = Temporal.PlainDate.from(date).toZonedDateTime({ timeZone: zone }).toInstant();
    if (kind === 'epochMillis') return String(instant.epochMilliseconds);
    if (kind === 'epochSeconds') return String(Math.floor(instant.epochMilliseconds / 1000));
    return instant.toString({ smallestUnit: 'second' }).replace('T', ' ').replace('Z', '');
  };
  return { start: literalOf(day), end: literalOf(next) };
}
