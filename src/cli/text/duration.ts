import { Temporal } from 'temporal-polyfill';
import { InvalidDuration, parseDuration } from '../../model/duration.ts';
import { WrongUse } from '../explain/explain.ts';

const shortForm = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/**
 * A wait as people type it: 30m, 2h, 1h30m, 1d, or ISO 8601 (PT2H).
 * @param option as the refusal names it
 * @throws WrongUse
 */
export function parseWait(text: string, option = '--for'): Temporal.Duration {
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = shortForm.exec(text) ?? [];
  const wait = text.startsWith('P')
    ? parsed(text, option)
    : Temporal.Duration.from({
        days: Number(days),
        hours: Number(hours),
        minutes: Number(minutes),
        seconds: Number(seconds),
      });
  if (wait.blank) throw new WrongUse(`${option} "${text}" is no time. Write 30m, 2h, 1d or PT2H.`);
  return wait;
}

function parsed(text: string, option: string): Temporal.Duration {
  try {
    return parseDuration(text, 'time');
  } catch (error) {
    if (!(error instanceof InvalidDuration)) throw error;
    throw new WrongUse(`${option} ${error.message}`, { cause: error });
  }
}

/** The moment after a wait, both ISO 8601 in UTC; days and months are the calendar's. */
export function momentAfter(now: string, wait: Temporal.Duration): string {
  const end = Temporal.Instant.from(now).toZonedDateTimeISO('UTC').add(wait);
  return end.toInstant().toString({ fractionalSecondDigits: 6 });
}
