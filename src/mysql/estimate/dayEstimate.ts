import type { DayWindow } from '../../model/day.ts';
import { cursorLiteral } from '../expressions.ts';
import { identifier } from '../quote.ts';
import { indexedTable, type TableSchema } from '../schema/tableSchema.ts';
import type { Session } from '../session/session.ts';
import { CountedTable, type Rows, sumOf, timeAt } from './countedTable.ts';
import { estimateRows } from './rangeEstimate.ts';
import { rowBytes } from './rowBytes.ts';

/** How many rows some days have, and how many bytes of CSV before compression. */
export interface DaysEstimate {
  rows: number;
  bytes: number;
  /** All were counted; else some were, and the others judged by them. */
  counted: boolean;
}

/** Index entries that are counted at most, each read twice: a second or two. */
const entriesCounted = 2_000_000;
/** Groups of adjacent days that a large table's days are judged by. */
const groupsAtMost = 200;
/** Groups of these that are counted. */
const groupsCounted = 16;
/** Groups whose rows are counted one by one in a table that is counted whole. */
const groupsWhole = 16;
/** The optimizer never says more than half of a table. */
const cappedShare = 0.45;

/**
 * Counts the rows of days by the index, up to a bound; in a larger table it counts some groups of days, and judges the
 * others by what the optimizer says of both: by itself it says twice too much of some ranges, and half of a table at most.
 *
 * @param windows a window per day, oldest first
 */
export async function estimateDays(
  session: Session,
  schema: TableSchema,
  windows: readonly DayWindow[],
  entries = entriesCounted,
): Promise<DaysEstimate> {
  if (windows.length === 0) return { rows: 0, bytes: 0, counted: true };
  const table = new CountedTable(session, schema);
  const all = await estimateRows(session, schema);
  const whole = all <= 2 * entries ? await countAll(table, grouped(windows, groupsWhole), entries) : undefined;
  const groups = whole ?? (await judge(table, grouped(windows, groupsAtMost), all, entries));
  const rows = sumOf(groups);
  const bytes = rows * (await rowBytes(table, groups));
  return { rows: Math.round(rows), bytes: Math.round(bytes), counted: whole !== undefined };
}

/** Undefined where the ranges have more rows than may be counted. */
async function countAll(
  table: CountedTable,
  ranges: readonly DayWindow[],
  entries: number,
): Promise<Rows[] | undefined> {
  const counted: Rows[] = [];
  for (const window of ranges) {
    const rows = await table.count(window, entries - sumOf(counted));
    if (typeof rows !== 'number') return undefined;
    counted.push({ window, rows });
  }
  return counted;
}

interface Group {
  window: DayWindow;
  /** What the optimizer says. */
  estimated: number;
  counted?: number;
}

/** Counts some groups and judges the others by the nearest ones in size. */
async function judge(
  table: CountedTable,
  windows: readonly DayWindow[],
  all: number,
  entries: number,
): Promise<Rows[]> {
  const groups: Group[] = [];
  const most = Math.max(entries / 20, all / groupsAtMost);
  for (const window of windows) groups.push(...(await split(table, window, { most, all })));
  const bySize = [...groups].sort((one, other) => one.estimated - other.estimated);
  /** What the optimizer estimated for ranges, and what was counted there. */
  const seen: { estimated: number; counted: number; size: number }[] = [];
  let left = entries;
  for (const group of evenly(bySize, groupsCounted)) {
    const found = await table.count(group.window, Math.min(left, entries / 4));
    if (typeof found === 'number') {
      group.counted = found;
      seen.push({ estimated: group.estimated, counted: found, size: group.estimated });
      left -= found;
    } else {
      const counted = Math.floor(Math.min(left, entries / 4));
      const estimated = await table.optimizer({ start: group.window.start, end: found.behind });
      // Of a column of dates all of a day has one time: nothing lies before it.
      if (estimated > 1) seen.push({ estimated, counted, size: group.estimated });
      left -= counted;
    }
    if (left < entries / 100) break;
  }
  return groups.map(({ window, estimated, counted }) => {
    return { window, rows: counted ?? estimated * ratioAt(estimated, seen) };
  });
}

/**
 * A window in parts of at most so many rows by the optimizer's word, which is never more than half of the table: of
 * ranges alike in size it is off by the same factor.
 */
async function split(table: CountedTable, window: DayWindow, bounds: { most: number; all: number }): Promise<Group[]> {
  const estimated = await table.optimizer(window);
  if (estimated <= bounds.most) return [{ window, estimated }];
  const middle = timeAt(window, 0.5);
  // A day of a column of dates has one time.
  if (middle === window.start) return [{ window, estimated: await estimateOf(table, window, bounds.all) }];
  const before = await split(table, { start: window.start, end: middle }, bounds);
  return [...before, ...(await split(table, { start: middle, end: window.end }, bounds))];
}

/** More than nearly half of the table may be any number: it is what the rest of the table isn't. */
async function estimateOf(table: CountedTable, window: DayWindow, all: number): Promise<number> {
  const estimated = await table.optimizer(window);
  if (estimated < cappedShare * all) return estimated;
  const time = identifier(table.schema.timeColumn.name);
  const { session, schema } = table;
  const outside = async (condition: string) => {
    const [row] = await session.rows(
      `EXPLAIN FORMAT=TRADITIONAL SELECT COUNT(*) FROM ${indexedTable(schema)} WHERE ${condition}`,
    );
    return Number(row?.rows ?? 0);
  };
  const before = await outside(`${time} < ${cursorLiteral(schema.timeColumn, window.start)}`);
  const after = await outside(`${time} >= ${cursorLiteral(schema.timeColumn, window.end)}`);
  return Math.max(estimated, all - before - after);
}

/** How many rows there are for each that the optimizer says, by the three ranges seen whose size is nearest. */
function ratioAt(estimated: number, seen: readonly { estimated: number; counted: number; size: number }[]): number {
  const nearest = [...seen]
    .sort((one, other) => Math.abs(one.size - estimated) - Math.abs(other.size - estimated))
    .slice(0, 3);
  const sum = (of: 'estimated' | 'counted') => nearest.reduce((total, each) => total + each[of], 0);
  return sum('estimated') > 0 ? sum('counted') / sum('estimated') : 1;
}

/** Up to `count` of the items, evenly spaced, the middle ones first: where the bound is reached, they say the most. */
function evenly<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count);
  const chosen: Item[] = [];
  for (let at = step / 2; at < items.length && chosen.length < count; at += step) {
    const item = items[Math.floor(at)];
    if (item !== undefined) chosen.push(item);
  }
  const middle = (chosen.length - 1) / 2;
  return chosen
    .map((item, index) => ({ item, distance: Math.abs(index - middle) }))
    .sort((one, other) => one.distance - other.distance)
    .map(({ item }) => item);
}

/** Adjacent windows as one. */
function adjoined(windows: readonly DayWindow[]): DayWindow[] {
  const ranges: DayWindow[] = [];
  for (const { start, end } of windows) {
    const last = ranges.at(-1);
    if (last && last.end === start) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}

/** Windows in about so many groups, each of adjacent ones. */
function grouped(windows: readonly DayWindow[], count: number): DayWindow[] {
  const size = Math.ceil(windows.length / count);
  const groups: DayWindow[] = [];
  for (let at = 0; at < windows.length; at += size) groups.push(...adjoined(windows.slice(at, at + size)));
  return groups;
}
