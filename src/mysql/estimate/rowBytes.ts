import { encodingOf } from '../../archive/column.ts';
import type { DayWindow } from '../../model/day.ts';
import { valueExpression } from '../expressions.ts';
import { predicate } from '../predicate.ts';
import { qualified } from '../quote.ts';
import { indexedTable, type TableSchema } from '../schema/tableSchema.ts';
import { type CountedTable, type Rows, sumOf, timeAt } from './countedTable.ts';

/** Points at which rows are read for their length, and rows of each. */
const samplesRead = 128;
const rowsRead = 10;
/** Of a day's time: to the second. */
const halvings = 17;

/**
 * Bytes of a row's line of CSV, by some rows at points that have the same number of rows between them: long rows of a
 * day that has few count little. A few rows are all read.
 */
export async function rowBytes(table: CountedTable, groups: readonly Rows[]): Promise<number> {
  const all = sumOf(groups);
  if (all <= samplesRead * rowsRead) {
    const found: Sample[] = [];
    for (const { window, rows } of groups) if (rows > 0) found.push(await sampleOf(table, window, rows));
    const rows = found.reduce((sum, each) => sum + each.rows, 0);
    if (rows > 0) return found.reduce((sum, each) => sum + each.bytes, 0) / rows;
  }
  const means: number[] = [];
  for (const { window, share } of samplePoints(groups, all)) {
    const there = await sampleOf(table, { start: await timeBehind(table, window, share), end: window.end });
    const found = there.rows > 0 ? there : await sampleOf(table, window);
    if (found.rows > 0) means.push(found.bytes / found.rows);
  }
  if (means.length > 0) return means.reduce((sum, mean) => sum + mean, 0) / means.length;
  // None of these days has a row; a few of others may.
  const { schema, session } = table;
  const [row] = await session.rows(
    `SELECT IFNULL(AVG(line), 0) AS bytes
     FROM (SELECT ${lineLength(schema)} AS line FROM ${qualified(schema.database, schema.table)} LIMIT ${rowsRead}) AS sample`,
  );
  return Number(row?.bytes);
}

interface Sample {
  rows: number;
  bytes: number;
}

/** The first rows of a window. */
async function sampleOf(
  { session, schema }: CountedTable,
  { start, end }: DayWindow,
  most = rowsRead,
): Promise<Sample> {
  const where = predicate({ schema, window: { start, end } }, undefined, undefined);
  const [row] = await session.rows(
    `SELECT COUNT(*) AS number, IFNULL(SUM(line), 0) AS bytes
     FROM (SELECT ${lineLength(schema)} AS line FROM ${indexedTable(schema)} WHERE ${where} LIMIT ${most}) AS sample`,
  );
  return { rows: Number(row?.number), bytes: Number(row?.bytes) };
}

/** Points with the same number of rows between them: the group, and the share of it that lies before. */
function samplePoints(groups: readonly Rows[], all: number): { window: DayWindow; share: number }[] {
  const points: { window: DayWindow; share: number }[] = [];
  let before = 0;
  for (const { window, rows } of groups) {
    for (let next = wantedAt(points.length, all); next < before + rows && rows > 0; next = wantedAt(points.length, all))
      points.push({ window, share: (next - before) / rows });
    before += rows;
  }
  return points;
}

function wantedAt(point: number, all: number): number {
  return point < samplesRead ? ((point + 0.5) / samplesRead) * all : Number.POSITIVE_INFINITY;
}

/**
 * The time before which a share of a window's rows lies, by the optimizer: the rows of a day are seldom spread evenly
 * over its hours. It halves the time until few rows are left to tell apart.
 */
async function timeBehind(table: CountedTable, window: DayWindow, share: number): Promise<string> {
  const all = await table.optimizer(window);
  let low = { at: 0, rows: 0 };
  let high = { at: 1, rows: all };
  for (let step = 0; step < halvings && high.rows - low.rows > all / 32; step++) {
    const at = (low.at + high.at) / 2;
    const rows = await table.optimizer({ start: window.start, end: timeAt(window, at) });
    if (rows < share * all) low = { at, rows };
    else high = { at, rows };
  }
  const between = Math.min(1, Math.max(0, (share * all - low.rows) / Math.max(1, high.rows - low.rows)));
  return timeAt(window, low.at + between * (high.at - low.at));
}

/** The bytes of a row's line of CSV, as SQL. */
function lineLength({ columns }: TableSchema): string {
  const line = columns.map((column) => {
    const length = `LENGTH(${valueExpression(column)})`;
    const encoding = column.dropped ? 'bare' : encodingOf(column);
    const written = { bare: length, text: `${length} + 2`, base64: `CEIL(${length} / 3) * 4` }[encoding];
    return `IFNULL(${written}, 2)`;
  });
  return `${line.join(' + ')} + ${line.length}`;
}
