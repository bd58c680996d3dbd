import type { RowTime } from '../../mysql/schema/timeSpan.ts';
import { type Check, type Finding, refuse, warn } from '../check.ts';
import type { TimeFacts } from './facts.ts';

/** A table that nobody has written to for so long is rare, and a mistaken column or unit is not. */
const quietYears = 2;
/** Further ahead than any appointment that most tables hold. */
const aheadYears = 1;
const meant = 'if it is meant, write allowOldRows: true';
const yearSeconds = 365.25 * 86_400;

/** Nothing is purged by times that can't be meant: a mistaken unit puts each row into 1970, or into the year 57000. */
export const plausibleTimes: Check<TimeFacts> = {
  name: 'plausibleTimes',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run(facts): Finding[] {
    const { span, policy } = facts;
    const { newest, oldest, last, otherUnit, nowSeconds } = span;
    if (!oldest || !last) return [];
    const remedy = remedyFor(facts);
    const column = policy.timeKind ? `${policy.timeColumn}, read as ${policy.timeKind}` : policy.timeColumn;
    const yearsAhead = ({ seconds }: RowTime) => (seconds - nowSeconds) / yearSeconds;
    if (!newest)
      return yearsAhead(oldest) < aheadYears || policy.allowOldRows
        ? []
        : refuse(`all its rows lie in the future by ${column}: the oldest is ${timeText(oldest)}`, remedy);
    const years = -yearsAhead(newest);
    if (years >= quietYears && !policy.allowOldRows)
      return refuse(
        `its newest row is ${Math.floor(years)} years old by ${column}: ${timeText(newest)}, ` +
          `and the oldest is ${timeText(oldest)}. All of it would be purged at once`,
        remedy,
      );
    if (otherUnit && !policy.allowOldRows)
      return refuse(
        `some of its rows lie in 1970 by ${column}, as ${timeText(otherUnit)}: read as seconds that would be ` +
          `${day(otherUnit.seconds * 1000)}. They would be purged at once`,
        `give all rows one unit, or ${meant}`,
      );
    if (yearsAhead(last) < aheadYears) return [];
    return warn(
      `rows of it lie far in the future by ${column}, up to ${timeText(last)}: they stay until then`,
      'give them their time, if that is a mistake',
    );
  },
};

function remedyFor({ kind, span }: TimeFacts): string {
  if (kind !== 'epochSeconds' && kind !== 'epochMillis') return `name another timeColumn, or ${meant}`;
  const other = kind === 'epochSeconds' ? 'epochMillis' : 'epochSeconds';
  const factor = kind === 'epochSeconds' ? 1 / 1000 : 1000;
  const seconds = (span.newest ?? span.oldest)?.seconds ?? 0;
  const near = Math.abs(span.nowSeconds - seconds * factor) < 30 * yearSeconds;
  return near ? `write timeKind: ${other}, or ${meant}` : `name another timeColumn, or ${meant}`;
}

/** A time as the column holds it; an epoch's day beside it. */
function timeText({ value, seconds }: RowTime): string {
  return /^-?\d+$/.test(value) ? `${value} (${day(seconds)})` : value;
}

/** Beyond what a date holds, the year alone. */
function day(seconds: number): string {
  const time = Math.abs(seconds) <= 8.64e12 ? new Date(seconds * 1000).toISOString() : '';
  return time.length === 24 ? time.slice(0, 10) : `in the year ${Math.floor(1970 + seconds / yearSeconds)}`;
}
