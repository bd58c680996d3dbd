import type { TimeColumnKind } from '../../model/day.ts';
import { cursorLiteral } from '../expressions.ts';
import { identifier } from '../quote.ts';
import type { Session } from '../session/session.ts';
import { earliestTime } from '../undatedRows.ts';
import { indexedTable, type TableSchema } from './tableSchema.ts';

/** The oldest and newest times of a table's rows. */
export interface TimeSpan {
  /** MySQL's clock. */
  nowSeconds: number;
  oldest: RowTime | undefined;
  /** The newest that is at most two days in the future. */
  newest: RowTime | undefined;
  /** The newest of all. */
  last: RowTime | undefined;
  /** For an epoch in milliseconds: the oldest value that lies in 1970 as milliseconds and in this century as seconds. */
  otherUnit: RowTime | undefined;
}

/** A row's time. */
export interface RowTime {
  /** The column's own value. */
  value: string;
  /** Seconds since 1970 UTC, as the policy reads the column; a wall time counts as UTC. */
  seconds: number;
}

const aheadSeconds = 2 * 86_400;

/** 2000-01-01T00:00:00Z */
const thisCentury = 946_684_800;

/** Four look-ups in the index that begins with the time column. */
export async function readTimeSpan(session: Session, schema: TableSchema, kind: TimeColumnKind): Promise<TimeSpan> {
  const column = identifier(schema.timeColumn.name);
  const [clock] = await session.rows('SELECT UNIX_TIMESTAMP(UTC_TIMESTAMP()) AS seconds');
  const nowSeconds = Number(clock?.seconds);
  const dated = `${column} >= ${earliestTime(kind)}`;
  const bound = cursorLiteral(schema.timeColumn, asColumn(kind, nowSeconds + aheadSeconds));
  const look = (what: string, where: string) =>
    `(SELECT ${what}(${column}) FROM ${indexedTable(schema)} WHERE ${where})`;
  const asSeconds = `${column} >= ${thisCentury} AND ${column} < ${nowSeconds + aheadSeconds}`;
  const other = kind === 'epochMillis' ? look('MIN', asSeconds) : 'NULL';
  const [row] = await session.rows(
    `SELECT ${look('MIN', dated)} AS oldest, ${look('MAX', `${dated} AND ${column} < ${bound}`)} AS newest, ${look('MAX', dated)} AS latest, ${other} AS other`,
  );
  return {
    nowSeconds,
    oldest: rowTime(kind, row?.oldest),
    newest: rowTime(kind, row?.newest),
    last: rowTime(kind, row?.latest),
    otherUnit: rowTime(kind, row?.other),
  };
}

function asColumn(kind: TimeColumnKind, seconds: number): string {
  if (kind === 'epochSeconds') return String(seconds);
  if (kind === 'epochMillis') return String(seconds * 1000);
  const text = new Date(seconds * 1000).toISOString();
  return kind === 'date' ? text.slice(0, 10) : text.slice(0, 19).replace('T', ' ');
}

function rowTime(kind: TimeColumnKind, value: string | null | undefined): RowTime | undefined {
  if (value === null || value === undefined) return undefined;
  if (kind === 'epochSeconds') return { value, seconds: Number(value) };
  if (kind === 'epochMillis') return { value, seconds: Number(value) / 1000 };
  // MySQL allows a month or a day of 00.
  const day = value.slice(0, 10).replaceAll('-00', '-01');
  return { value, seconds: Date.parse(`${day}T00:00:00Z`) / 1000 };
}
