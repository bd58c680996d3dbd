import { encodingOf } from '../archive/column.ts';
import type { DayWindow } from '../model/day.ts';
import { cursorLiteral, valueExpression } from './expressions.ts';
import { predicate } from './predicate.ts';
import { identifier, qualified } from './quote.ts';
import { estimateRange, estimateRows } from './rangeEstimate.ts';
import { indexedTable, type TableSchema } from './schema/tableSchema.ts';
import type { Session } from './session.ts';

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
/** Days whose rows are read for their length, and rows of each. */
const daysRead = 8;
const rowsRead = 100;
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
  const whole = all <= 2 * entries ? await countAll(table, adjoined(windows), entries) : undefined;
  const rows = whole ?? (await judge(table, grouped(windows), all, entries));
  const bytes = rows * (await rowBytes(table, windows));
  return { rows: Math.round(rows), bytes: Math.round(bytes), counted: whole !== undefined };
}

/** One table's rows by its index. */
class CountedTable {
  constructor(
    readonly session: Session,
    readonly schema: TableSchema,
  ) {}

  /** The rows of a range; where there are more than `atMost`, the time of the row behind so many. */
  async count(window: DayWindow, atMost: number): Promise<number | { behind: string }> {
    const where = `FROM ${indexedTable(this.schema)} WHERE ${predicate({ schema: this.schema, window }, undefined, undefined)}`;
    const time = identifier(this.schema.timeColumn.name);
    const [more] = await this.session.rows(
      `SELECT ${time} AS behind ${where} ORDER BY ${time} LIMIT 1 OFFSET ${Math.max(1, Math.floor(atMost))}`,
    );
    if (more?.behind) return { behind: more.behind };
    const [row] = await this.session.rows(`SELECT COUNT(*) AS number ${where}`);
    return Number(row?.number);
  }

  async optimizer(window: DayWindow): Promise<number> {
    return (await estimateRange(this.session, this.schema, window)).rows;
  }
}

/** Undefined where the ranges have more rows than may be counted. */
async function countAll(
  table: CountedTable,
  ranges: readonly DayWindow[],
  entries: number,
): Promise<number | undefined> {
  let rows = 0;
  for (const range of ranges) {
    const found = await table.count(range, entries - rows);
    if (typeof found !== 'number') return undefined;
    rows += found;
  }
  return rows;
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
): Promise<number> {
  const groups: Group[] = [];
  for (const window of windows) groups.push({ window, estimated: await estimateOf(table, window, all) });
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
  return groups.reduce((sum, group) => sum + (group.counted ?? group.estimated * ratioAt(group.estimated, seen)), 0);
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

/** Windows in at most so many groups, each of adjacent ones. */
function grouped(windows: readonly DayWindow[]): DayWindow[] {
  const size = Math.ceil(windows.length / groupsAtMost);
  const groups: DayWindow[] = [];
  for (let at = 0; at < windows.length; at += size) groups.push(...adjoined(windows.slice(at, at + size)));
  return groups;
}

/** Bytes of a row's line of CSV, by the first rows of some days. */
async function rowBytes({ session, schema }: CountedTable, windows: readonly DayWindow[]): Promise<number> {
  const line = schema.columns.map((column) => {
    const length = `LENGTH(${valueExpression(column)})`;
    const encoding = column.dropped ? 'bare' : encodingOf(column);
    const written = { bare: length, text: `${length} + 2`, base64: `CEIL(${length} / 3) * 4` }[encoding];
    return `IFNULL(${written}, 2)`;
  });
  const written = `${line.join(' + ')} + ${line.length} AS line`;
  let rows = 0;
  let bytes = 0;
  for (const window of evenly(windows, daysRead)) {
    const where = predicate({ schema, window }, undefined, undefined);
    const [row] = await session.rows(
      `SELECT COUNT(*) AS number, IFNULL(SUM(line), 0) AS bytes
       FROM (SELECT ${written} FROM ${indexedTable(schema)} WHERE ${where} LIMIT ${rowsRead}) AS sample`,
    );
    rows += Number(row?.number);
    bytes += Number(row?.bytes);
  }
  if (rows > 0) return bytes / rows;
  // None of these days has a row; a few of others may.
  const [row] = await session.rows(
    `SELECT IFNULL(AVG(line), 0) AS bytes
     FROM (SELECT ${written} FROM ${qualified(schema.database, schema.table)} LIMIT ${rowsRead}) AS sample`,
  );
  return Number(row?.bytes);
}
