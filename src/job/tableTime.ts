import type { TablePolicy } from '../config/policy.ts';
import {
  type Day,
  type DayWindow,
  dayOf,
  dayWindow,
  firstOpenDay,
  parseDay,
  type TimeColumnKind,
} from '../model/day.ts';
import { cursorLiteral } from '../mysql/expressions.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session.ts';
import { earliestTime } from '../mysql/undatedRows.ts';

export function windowOf(policy: TablePolicy, kind: TimeColumnKind, day: Day): DayWindow {
  return dayWindow(day, kind, policy.zone, policy.datetimeZone ?? 'policy');
}

/** MySQL's today in the policy's zone: the worker's own clock decides nothing (P37). */
export async function serverToday(session: Session, policy: TablePolicy): Promise<Day> {
  return dayOf(await serverNow(session), policy.zone);
}

/** The first day that isn't closed and settled, by MySQL's clock. */
export async function serverOpenDay(session: Session, policy: TablePolicy): Promise<Day> {
  return firstOpenDay(await serverNow(session), policy.zone, policy.settle);
}

async function serverNow(session: Session): Promise<string> {
  const [row] = await session.rows("SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ') AS now");
  return String(row?.now);
}

/** The day of the table's oldest dated row; with `from`, of the oldest one from there on, as a window writes it. One look into the index. */
export async function oldestDay(
  session: Session,
  policy: TablePolicy,
  schema: TableSchema,
  kind: TimeColumnKind,
  from?: string,
): Promise<Day | undefined> {
  const column = identifier(schema.timeColumn.name);
  const table = qualified(schema.database, schema.table);
  const [row] = await session.rows(
    `SELECT MIN(${column}) AS oldest FROM ${table} WHERE ${column} >= ${from === undefined ? earliestTime(kind) : cursorLiteral(schema.timeColumn, from)}`,
  );
  const oldest = row?.oldest;
  if (oldest === null || oldest === undefined) return undefined;
  if (kind === 'date' || (kind === 'datetime' && policy.datetimeZone !== 'UTC'))
    return parseDay(String(oldest).slice(0, 10));
  if (kind === 'epochMillis') return dayOf(new Date(Number(oldest)).toISOString(), policy.zone);
  if (kind === 'epochSeconds') return dayOf(new Date(Number(oldest) * 1000).toISOString(), policy.zone);
  return dayOf(`${String(oldest).slice(0, 19).replace(' ', 'T')}Z`, policy.zone);
}
