import { Temporal } from 'temporal-polyfill';

/** The text isn't a duration of the wanted kind; the message says what to write. */
export class InvalidDuration extends Error {
  override readonly name = 'InvalidDuration';

  constructor(
    readonly text: string,
    complaint: string,
    options?: ErrorOptions,
  ) {
    super(`"${text}" ${complaint}`, options);
  }
}

/** `days`: whole calendar units only, as in a retention. `time`: hours, minutes and seconds too, as in a wait. */
type DurationKind = 'days' | 'time';

const calendarForm = /^P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$/;
const timeForm = /^P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/;
/** Subtracting more would leave the years of four digits. */
const longestYears = 1000;
const numerals = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
const example = 'Write P60D, or P2M for two calendar months.';

/**
 * Reads an ISO 8601 duration: P60D, P2M, P8W, P1Y; with `time`, PT10M as well.
 *
 * @example parseDuration('P2M').months // 2
 * @throws InvalidDuration
 */
export function parseDuration(text: string, kind: DurationKind = 'days'): Temporal.Duration {
  if (kind === 'days' && timeForm.test(text) && !calendarForm.test(text))
    throw new InvalidDuration(text, `counts hours or minutes where whole days are needed. ${example}`);
  if (!(kind === 'days' ? calendarForm : timeForm).test(text))
    throw new InvalidDuration(text, `is no ISO 8601 duration. ${suggestion(text, kind)}`);
  try {
    const duration = Temporal.Duration.from(text);
    if (duration.total({ unit: 'years', relativeTo: reference }) <= longestYears) return duration;
  } catch (cause) {
    throw new InvalidDuration(text, `is longer than any calendar. ${example}`, { cause });
  }
  throw new InvalidDuration(text, `is longer than ${longestYears} years. ${example}`);
}

/** Durations are compared as if they began in February, the shortest month. */
const reference = '2026-02-01';

/** Whether one duration is shorter than another, months taken as their shortest. @throws InvalidDuration */
export function isShorter(text: string, than: string): boolean {
  return (
    Temporal.Duration.compare(parseDuration(text, 'time'), parseDuration(than, 'time'), { relativeTo: reference }) < 0
  );
}

function suggestion(text: string, kind: DurationKind): string {
  const spoken =
    /^p?t?\s*(\d+)\s*(d|days?|w|weeks?|months?|mon?|y|years?|h|hours?|m|min|minutes?|s|sec|seconds?)$/i.exec(
      text.trim(),
    );
  const count = Number(spoken?.[1]);
  const unit = spoken?.[2]?.toLowerCase() ?? '';
  if (unit.startsWith('d') && count > 0 && count % 30 === 0 && count <= 360) {
    const months = count / 30;
    return `Write P${count}D, or P${months}M for ${numerals[months - 1]} calendar month${months > 1 ? 's' : ''}.`;
  }
  if (/^[dwy]/.test(unit)) return `Write P${count}${unit.charAt(0).toUpperCase()}.`;
  if (unit.startsWith('mo')) return `Write P${count}M.`;
  if (kind === 'days') return example;
  if (unit) return `Write PT${count}${unit.charAt(0).toUpperCase()}.`;
  return 'Write P14D for days, or PT10M for minutes.';
}
