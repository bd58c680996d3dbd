import { type Day, undatedDay } from '../../model/day.ts';
import { isArchived, type PartitionState } from '../../model/partitionState.ts';
import { identifier } from '../../mysql/quote.ts';
import type { Session } from '../../mysql/session/session.ts';
import { sqlFile } from '../../mysql/sqlFile.ts';
import { tableNameOf } from '../rowFields.ts';

/**
 * Days of a table that are in one state and have nothing else to report, added up by MySQL. Together with the days that
 * are listed one by one they leave none out between the first and the last.
 */
export interface DaySummary {
  state: PartitionState;
  first: Day;
  last: Day;
  days: number;
  rowsArchived: number;
  rowsDeleted: number;
  proofs: number;
  rowsHealed: number;
  /** Bytes of CSV, before compression, whose rows are still in MySQL. */
  bytesLeft: number;
}

/** A day that is listed by itself. */
interface SingleDay {
  day: Day;
  state: PartitionState;
}

/** So many of the newest archived days are never summed up, because they show how much comes in. */
const newestDays = 7;

/** The rows of `partitions d` that are summed up: days before the given one. Those that changed within the hour show the pace, so they aren't. */
export function summarizedIf(day: Day): string {
  return `d.day < '${day}' AND d.day <> '${undatedDay}' AND d.state IN ('archived', 'purged', 'expired') AND d.stopped IS NULL
    AND d.left_rows = 0 AND d.updated_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR`;
}

/** The sums, by the table's name as `formatTableName` writes it; one per state. */
export async function readSummaries(session: Session, ledger: string, before: Day): Promise<Map<string, DaySummary[]>> {
  const values = { ledger: identifier(ledger), summarized: summarizedIf(before) };
  const summaries = new Map<string, DaySummary[]>();
  for (const row of await session.rows(sqlFile('status/daySummaries.sql', values))) {
    const name = tableNameOf(row);
    const summary = {
      state: row.state as PartitionState,
      first: String(row.first) as Day,
      last: String(row.last) as Day,
      days: Number(row.days),
      rowsArchived: Number(row.rows_archived),
      rowsDeleted: Number(row.rows_deleted),
      proofs: Number(row.proofs),
      rowsHealed: Number(row.rows_healed),
      bytesLeft: Number(row.bytes_left ?? 0),
    };
    summaries.set(
      name,
      [...(summaries.get(name) ?? []), summary].sort((one, other) => (one.first < other.first ? -1 : 1)),
    );
  }
  return summaries;
}

/** Whether sums show all that the single days would: no gap, no other state in between, and enough newer days beside them. */
export function isComplete(summaries: readonly DaySummary[], singles: readonly SingleDay[]): boolean {
  const newest = singles.filter(
    (each) => isArchived(each.state) && summaries.every((summary) => each.day > summary.last),
  );
  if (newest.length < newestDays) return false;

  return summaries.every(({ state, first, last, days }) => {
    const between = singles.filter((each) => first <= each.day && each.day <= last);
    return between.every((each) => each.state === state) && days + between.length === spanOf(first, last);
  });
}

function spanOf(first: Day, last: Day): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;
}
