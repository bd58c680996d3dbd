import type { TablePolicy } from '../config/policy.ts';
import {
  addDays,
  type Day,
  type DayWindow,
  dayOf,
  dayWindow,
  firstOpenDay,
  parseDay,
  type TimeColumnKind,
} from '../model/day.ts';
import { serverNow } from '../mysql/clock.ts';
import { cursorLiteral } from '../mysql/expressions.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';
import { earliestTime, withinCalendar } from '../mysql/undatedRows.ts';

export function windowOf(policy: TablePolicy, kind: TimeColumnKind, day: Day): DayWindow {
  return dayWindow(day, kind, policy.zone, policy.datetimeZone ?? 'policy');
}

/** MySQL's today in the policy's zone. */
export async function serverToday(session: Session, policy: TablePolicy): Promise<Day> {
  return dayOf(await serverNow(session), policy.zone);
}

/** The first day that isn't closed and settled, by MySQL's clock. */
export async function serverOpenDay(session: Session, policy: TablePolicy): Promise<Day> {
  return firstOpenDay(await serverNow(session), policy.zone, policy.settle);
}

/** A table and the session that reads it: what a look-up of its days needs. */
export interface DatedTable {
  session: Session;
  policy: TablePolicy;
  schema: TableSchema;
  kind: TimeColumnKind;
}

/** The day of the table's oldest dated row, or of the oldest one from `from` on, as a window writes it. One index lookup. */
export async function oldestDay(table: DatedTable, from?: string): Promise<Day | undefined> {
  const { session, policy, schema, kind } = table;
  const column = identifier(schema.timeColumn.name);
  const [row] = await session.rows(
    `SELECT MIN(${column}) AS oldest FROM ${qualified(schema.database, schema.table)}
       WHERE ${column} >= ${from === undefined ? earliestTime(kind) : cursorLiteral(schema.timeColumn, from)} AND ${withinCalendar(schema, kind)}`,
  );
  return dayOfTime(policy, kind, row?.oldest);
}

/** The day of the newest dated row before a moment, as a window writes it. One index lookup. */
async function newestDayBefore(table: DatedTable, before: string): Promise<Day | undefined> {
  const { session, policy, schema, kind } = table;
  const column = identifier(schema.timeColumn.name);
  const [row] = await session.rows(
    `SELECT MAX(${column}) AS newest FROM ${qualified(schema.database, schema.table)}
       WHERE ${column} >= ${earliestTime(kind)} AND ${column} < ${cursorLiteral(schema.timeColumn, before)}`,
  );
  return dayOfTime(policy, kind, row?.newest);
}

function dayOfTime(policy: TablePolicy, kind: TimeColumnKind, time: string | null | undefined): Day | undefined {
  if (time === null || time === undefined) return undefined;
  if (kind === 'date' || (kind === 'datetime' && policy.datetimeZone !== 'UTC')) return parseDay(time.slice(0, 10));
  if (kind === 'epochMillis') return dayOf(new Date(Number(time)).toISOString(), policy.zone);
  if (kind === 'epochSeconds') return dayOf(new Date(Number(time) * 1000).toISOString(), policy.zone);
  return dayOf(`${time.slice(0, 19).replace(' ', 'T')}Z`, policy.zone);
}

/** How many days without a row make a gap. Rows before a gap (a sentinel date, a test row) don't begin an archive. */
const gapDays = 92;
/** Bounds the search for a gap. A hundred years take some 400 steps of gapDays. */
const stepsAtMost = 1_000;

/**
 * The first day of the table's last stretch without a gap, where its archive begins. Of the time before, only days with
 * rows are archived. Two index lookups per three months of the table.
 */
export async function firstDenseDay(table: DatedTable): Promise<Day | undefined> {
  const { session, policy, kind } = table;
  let first = await oldestDay(table);
  // A date in the far future (9999-12-31) doesn't begin an archive either.
  const today = await serverToday(session, policy);
  let reached = first !== undefined && first <= today ? first : undefined;
  for (let step = 0; reached !== undefined && step < stepsAtMost; step++) {
    const next = await oldestDay(table, windowOf(policy, kind, addDays(reached, gapDays)).start);
    if (next === undefined || next > today) break;
    const last = await newestDayBefore(table, windowOf(policy, kind, next).start);
    if (last !== undefined && addDays(last, gapDays) < next) first = next;
    reached = next;
  }
  return first;
}
