import { Temporal } from 'temporal-polyfill';
import { parseDuration } from './duration.ts';

/** A calendar day, `YYYY-MM-DD`. Days can be compared as text. */
export type Day = string & { readonly __brand: 'Day' };

/** What the time column holds. */
export type TimeColumnKind = 'date' | 'datetime' | 'timestamp' | 'epochSeconds' | 'epochMillis';

/** A day's half-open interval, as literals that compare with the column under `time_zone = '+00:00'`. */
export interface DayWindow {
  /** The first moment that belongs to the day. */
  start: string;
  /** The first moment that doesn't. */
  end: string;
  /** SQL in place of both, for rows that are in no interval. */
  rows?: string;
}

/** The partition of rows without a day. It sorts before every day and is never purged. */
export const undatedDay = '0000-00-00' as Day;

/** The text isn't a day of the years 0000 to 9999; the message says what to write. */
export class InvalidDay extends Error {
  override readonly name = 'InvalidDay';
}

/** Reads a day. @throws InvalidDay */
export function parseDay(text: string): Day {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return asDay(Temporal.PlainDate.from(text, { overflow: 'reject' }));
  } catch (cause) {
    throw new InvalidDay(`"${text}" is no day of the calendar. Write one that exists, as 2026-11-21.`, { cause });
  }
  throw new InvalidDay(`"${text}" is no day. Write it as 2026-11-21.`);
}

/** The day that is `n` days later, or earlier for a negative `n`. @throws InvalidDay outside the years 0000 to 9999, which can't be compared as text */
export function addDays(day: Day, n: number): Day {
  return asDay(Temporal.PlainDate.from(day).add({ days: n }));
}

const dayMillis = 86_400_000;

/** Every day from one to another, both included; none if `to` is before `from`. */
export function daysBetween(from: Day, to: Day): Day[] {
  const days: Day[] = [];
  const end = Date.parse(to);
  // By milliseconds of UTC, whose days have one length: status walks millions of days, and Temporal's arithmetic takes 10 µs per day.
  for (let at = Date.parse(from); at <= end; at += dayMillis) days.push(new Date(at).toISOString().slice(0, 10) as Day);
  return days;
}

/**
 * The day that an instant (ISO 8601, with its offset) falls on in a zone.
 *
 * @example dayOf('2026-11-20T23:30:00Z', 'Europe/Berlin') // 2026-11-21
 */
export function dayOf(instantIso: string, zone: string): Day {
  return asDay(Temporal.Instant.from(instantIso).toZonedDateTimeISO(zone).toPlainDate());
}

/**
 * The first day that isn't over and settled at an instant: days before it may be exported.
 *
 * @param settle how long after its end a day is left alone, ISO 8601
 *
 * @throws InvalidDuration
 */
export function firstOpenDay(instantIso: string, zone: string, settle: string): Day {
  const settled = Temporal.Instant.from(instantIso).toZonedDateTimeISO(zone).subtract(parseDuration(settle, 'time'));
  return asDay(settled.toPlainDate());
}

/**
 * A day minus a duration in whole days. Months are clamped: 30 April minus two months is the last day of February.
 *
 * @throws InvalidDuration, InvalidDay
 */
export function subtractDuration(day: Day, iso: string): Day {
  return asDay(Temporal.PlainDate.from(day).subtract(parseDuration(iso)));
}

/** A day later by whole calendar units, which clamp alike. */
export function addDuration(day: Day, iso: string): Day {
  return asDay(Temporal.PlainDate.from(day).add(parseDuration(iso)));
}

/**
 * A day's window. TIMESTAMP and epochs are instants: 23 or 25 hours on change days, never "plus 24 h" (P36), and
 * empty on a day that the zone left out. DATE is the day itself. DATETIME is wall time in the policy's zone, and an
 * instant where the policy says that the column holds UTC.
 *
 * @throws InvalidDay for the calendar's last day, after which no literal could stand
 */
export function dayWindow(day: Day, kind: TimeColumnKind, zone: string, datetimeZone: 'policy' | 'UTC'): DayWindow {
  const next = addDays(day, 1);
  if (kind === 'date') return { start: day, end: next };
  if (kind === 'datetime' && datetimeZone === 'policy') return { start: `${day} 00:00:00`, end: `${next} 00:00:00` };
  return { start: dated(startOfDay(day, kind, zone), kind), end: dated(startOfDay(next, kind, zone), kind) };
}

/**
 * The earliest moment that belongs to a day, per kind. Zero is no moment of an epoch column, and MySQL's TIMESTAMP
 * begins one second after 1970 does: a window that began earlier would take in rows that have no day, and its start
 * would be no value of the column's type.
 */
export const earliestMoment: Readonly<Record<TimeColumnKind, string>> = {
  date: '1000-01-01',
  datetime: '1000-01-01',
  timestamp: '1970-01-01 00:00:01',
  epochSeconds: '1',
  epochMillis: '1',
};

function dated(moment: string, kind: TimeColumnKind): string {
  const earliest = earliestMoment[kind];
  const isEpoch = kind === 'epochSeconds' || kind === 'epochMillis';
  const isBefore = isEpoch ? BigInt(moment) < BigInt(earliest) : moment < earliest;
  return isBefore ? earliest : moment;
}

/** The first moment of a day in a zone; it isn't midnight where the clock changes then. */
function startOfDay(day: Day, kind: TimeColumnKind, zone: string): string {
  const instant = Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: zone }).toInstant();
  if (kind === 'epochMillis') return String(instant.epochMilliseconds);
  if (kind === 'epochSeconds') return String(Math.floor(instant.epochMilliseconds / 1000));
  return instant.toString({ smallestUnit: 'second' }).replace('T', ' ').replace('Z', '');
}

function asDay(date: Temporal.PlainDate): Day {
  if (date.year < 0 || date.year > 9999) throw new InvalidDay(`${date} lies outside the years 0000 to 9999.`);
  return date.toString() as Day;
}
