import type { Column } from '../archive/column.ts';
import { addDays, type DayWindow, parseDay } from '../model/day.ts';

/** One of MySQL's own partitions, as the server's catalogue describes it. */
export interface NativePartition {
  name: string;
  /** `VALUES LESS THAN`, as the catalogue prints it: a number, a quoted time, or MAXVALUE. */
  lessThan: string;
}

/** How a table is laid out in native partitions. */
export interface NativeLayout {
  /** RANGE, RANGE COLUMNS, HASH, …; null where the table has no native partitions. */
  method: string | null;
  expression: string | null;
  subpartitioned: boolean;
  /** In the table's order. */
  partitions: NativePartition[];
  /** Tables on the other side of its foreign keys. */
  foreignKeys: string[];
  triggers: string[];
}

/** The native partitions that make up a day, or why none do, in words. */
export type NativeFit = { names: string[] } | { why: string };

/**
 * Decides whether a day is exactly one or several native partitions (pitfall P54: the first one has no lower bound, so
 * it may have rows from before the day, which only the table itself can show).
 */
export function fitNative(
  layout: NativeLayout,
  timeColumn: Pick<Column, 'name' | 'dataType'>,
  window: DayWindow,
): NativeFit {
  const why = refusal(layout);
  if (why) return { why };
  const boundOf = bounds(layout, timeColumn);
  if (!boundOf)
    return { why: `native partitions go by ${layout.method} (${layout.expression}), not by ${timeColumn.name} alone` };
  const names: string[] = [];
  let lower: string | undefined;
  for (const { name, lessThan } of layout.partitions) {
    const upper = lessThan === 'MAXVALUE' ? undefined : boundOf(lessThan);
    if (upper !== undefined && compare(upper, window.start) <= 0) {
      lower = upper;
      continue;
    }
    if (names.length === 0 && lower !== undefined && compare(lower, window.start) < 0)
      return { why: `native partition ${name} begins before the day, at ${lower}` };
    if (upper === undefined || compare(upper, window.end) > 0)
      return { why: `native partition ${name} goes on after the day, to ${upper ?? 'MAXVALUE'}` };
    names.push(name);
    if (compare(upper, window.end) === 0) return { names };
  }
  return { why: `no native partition ends with the day, at ${window.end}` };
}

function refusal({ method, expression, subpartitioned, foreignKeys, triggers }: NativeLayout): string | undefined {
  if (method === null) return 'the table has no native partitions';
  if (method !== 'RANGE' && method !== 'RANGE COLUMNS') return `native partitions go by ${method} (${expression})`;
  if (subpartitioned) return 'native partitions have subpartitions';
  if (foreignKeys.length > 0) return `a foreign key joins the table with ${foreignKeys.join(', ')}`;
  // An exchange fires no delete triggers, and putting rows back would fire the insert triggers.
  if (triggers.length > 0) return `the table has the trigger ${triggers.join(', ')}, which an exchange passes by`;
  return undefined;
}

/** Converts a partition's bound to a time of the column; undefined if the native partitions go by anything else. */
function bounds(
  { method, expression }: NativeLayout,
  { name, dataType }: Pick<Column, 'name' | 'dataType'>,
): ((lessThan: string) => string) | undefined {
  const column = name.toLowerCase();
  const text = (expression ?? '').replaceAll(/[`\s]/g, '').toLowerCase();
  if (text === column && (method === 'RANGE COLUMNS' || dataType.endsWith('int')))
    return (lessThan) => lessThan.replace(/^'(.*)'$/, '$1');
  if (text === `to_days(${column})` && (dataType === 'date' || dataType === 'datetime'))
    return (lessThan) => addDays(parseDay('1970-01-01'), Number(lessThan) - daysTo1970);
  const unix = [`unix_timestamp(${column})`, `floor(unix_timestamp(${column}))`];
  if (unix.includes(text) && dataType === 'timestamp')
    return (lessThan) => new Date(Number(lessThan) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return undefined;
}

/** TO_DAYS('1970-01-01') */
const daysTo1970 = 719_528;

/** Compares two times of one column: as numbers if the column counts, otherwise as text, a bare day as its midnight. */
function compare(one: string, other: string): number {
  if (/^-?\d+$/.test(one) && /^-?\d+$/.test(other)) return Number(BigInt(one) - BigInt(other));
  const a = asTime(one);
  const b = asTime(other);
  return a < b ? -1 : a > b ? 1 : 0;
}

function asTime(text: string): string {
  return (text.length === 10 ? `${text} 00:00:00` : text).replace(/\.0*$/, '');
}
