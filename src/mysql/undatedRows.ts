import { earliestMoment, type TimeColumnKind } from '../model/day.ts';
import { identifier } from './quote.ts';
import { indexedTable, type TableSchema } from './schema/tableSchema.ts';
import type { Session } from './session/session.ts';

/** Rows outside every day. They stay in the table and are never purged (pitfall P6: rows without a day). */
export interface Undated {
  /** Their time is NULL. */
  withoutTime: number;
  /** Zero and other times before `earliestTime`, and epochs outside the calendar. */
  outOfRange: number;
}

/**
 * The earliest time that belongs to a day, as a literal. For DATE, DATETIME and TIMESTAMP the first of
 * MySQL's documented range; for epochs the first that isn't 0.
 */
export function earliestTime(kind: TimeColumnKind): string {
  return kind === 'epochSeconds' || kind === 'epochMillis' ? earliestMoment[kind] : "'1000-01-01'";
}

/** The end of the calendar, in an epoch's own unit: 9999-12-31T23:59:59.999Z. */
const latestSecond = 253_402_300_799n;

/** For an epoch: whether it is within the calendar, as SQL. A later one has no day. */
export function withinCalendar({ timeColumn }: TableSchema, kind: TimeColumnKind): string {
  const column = identifier(timeColumn.name);
  if (kind === 'epochSeconds') return `${column} <= ${latestSecond}`;
  return kind === 'epochMillis' ? `${column} <= ${latestSecond * 1000n + 999n}` : 'TRUE';
}

/** The predicate of rows outside every day, as SQL. */
export function undatedRows(schema: TableSchema, kind: TimeColumnKind): string {
  const column = identifier(schema.timeColumn.name);
  const clauses = [`${column} < ${earliestTime(kind)}`];
  if (schema.timeColumn.nullable) clauses.push(`${column} IS NULL`);
  if (kind === 'epochSeconds') clauses.push(`${column} > ${latestSecond}`);
  if (kind === 'epochMillis') clauses.push(`${column} > ${latestSecond * 1000n + 999n}`);
  return `(${clauses.join(' OR ')})`;
}

/** Two or three counts over the index that begins with the time column. */
export async function countUndated(session: Session, schema: TableSchema, kind: TimeColumnKind): Promise<Undated> {
  const column = identifier(schema.timeColumn.name);
  const count = async (where: string) => {
    const [row] = await session.rows(`SELECT COUNT(*) AS number FROM ${indexedTable(schema)} WHERE ${where}`);
    return Number(row?.number);
  };
  let outOfRange = await count(`${column} < ${earliestTime(kind)}`);
  if (kind === 'epochSeconds') outOfRange += await count(`${column} > ${latestSecond}`);
  if (kind === 'epochMillis') outOfRange += await count(`${column} > ${latestSecond * 1000n + 999n}`);
  return { withoutTime: schema.timeColumn.nullable ? await count(`${column} IS NULL`) : 0, outOfRange };
}
