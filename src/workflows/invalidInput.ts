import { ApplicationFailure } from '@temporalio/workflow';
import { parseDay, undatedDay } from '../model/day.ts';
import { parseDuration } from '../model/duration.ts';
import { parseTableName } from '../model/tableName.ts';

/** The input of a workflow, update or signal is wrong. Nothing was started; the message says what was expected. */
export function invalidInput(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'InvalidInput');
}

type Check = (value: unknown) => boolean;

const readable = (parse: (text: string) => unknown): Check => {
  return (value) => {
    if (typeof value !== 'string') return false;
    try {
      parse(value);
      return true;
    } catch {
      return false;
    }
  };
};
const isText: Check = (value) => typeof value === 'string' && value.trim() !== '' && value.length <= 512;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a field may hold: its check, and the words for a message. */
const kinds = {
  source: [(value) => typeof value === 'string' && /^[a-z0-9-]+$/.test(value), 'the source’s name in the config'],
  table: [readable(parseTableName), 'db.table, a part that holds a dot in backticks'],
  tables: [
    (value) => Array.isArray(value) && value.length > 0 && value.every(readable(parseTableName)),
    'a list of db.table, or left out for all',
  ],
  day: [readable(parseDay), 'a day of the calendar, 2026-11-21'],
  restoredDay: [
    (value) => value === undatedDay || readable(parseDay)(value),
    'a day of the calendar, 2026-11-21, or 0000-00-00',
  ],
  text: [isText, 'a text of 1 to 512 characters'],
  instant: [
    (value) => typeof value === 'string' && /T.*(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value)),
    'a time with its offset, 2026-11-21T14:00:00Z',
  ],
  concurrency: [
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 100,
    'a whole number from 1 to 100',
  ],
  days: [
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 5_000,
    'a whole number from 1 to 5000',
  ],
  timeouts: [
    (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'number' && each > 0),
    'milliseconds by name',
  ],
  live: [
    (value) =>
      isObject(value) &&
      [value.who, value.reason].every(isText) &&
      readable((text) => parseDuration(text, 'time'))(value.keepFor),
    'who, reason and keepFor, an ISO 8601 duration: {"who": "ada", "reason": "a court order", "keepFor": "P30D"}',
  ],
  flag: [(value) => typeof value === 'boolean', 'true or false'],
  any: [() => true, 'anything'],
} satisfies Record<string, [Check, string]>;

export type Kind = keyof typeof kinds;
/** The fields of an input. A question mark behind the kind means that the field may be left out. */
export type Fields = Readonly<Record<string, Kind | `${Kind}?`>>;

/** What is wrong with an input, if anything: the first field that is unknown, missing or malformed. */
export function complaint(input: unknown, fields: Fields, example: string): string | undefined {
  const wanted = `Give ${example}`;
  if (!isObject(input)) return `${text(input)} is no input. ${wanted}`;
  const unknown = Object.keys(input).find((key) => !(key in fields));
  if (unknown !== undefined) return `no such field: ${unknown}. Known are ${Object.keys(fields).join(', ')}. ${wanted}`;
  for (const [key, form] of Object.entries(fields)) {
    const value = input[key];
    if (value === undefined && form.endsWith('?')) continue;
    if (value === undefined) return `${key} is missing. ${wanted}`;
    const [check, expected] = kinds[form.replace('?', '') as Kind];
    if (!check(value)) return `${key}: ${text(value)} isn't ${expected}. ${wanted}`;
  }
  return undefined;
}

/** @throws ApplicationFailure of type InvalidInput, which fails the workflow at once */
export function checkInput(input: unknown, fields: Fields, example: string): void {
  const found = complaint(input, fields, example);
  if (found) throw invalidInput(found);
}

/** A payload as JSON, cut short. */
function text(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
