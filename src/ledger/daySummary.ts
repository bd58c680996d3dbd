import { type Day, undatedDay } from '../model/day.ts';
import { isArchived, type PartitionState } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session.ts';
import { sqlFile } from '../mysql/sqlFile.ts';

/**
 * Days of a table that are in one state and of which nothing else is to be told, added up by MySQL. Together with
 * the days that are told one by one they leave none out between the first and the last.
 */
export interface FoldedDays {
  state: PartitionState;
  first: Day;
  last: Day;
  days: number;
  rowsArchived: number;
  rowsDeleted: number;
  proofs: number;
  rowsHealed: number;
  /** Of CSV, before compression, that are still in MySQL. */
  bytesLeft: number;
}

/** A day that is told by itself. */
interface SingleDay {
  day: Day;
  state: PartitionState;
}

/** The newest archived days tell what comes in: so many are never folded. */
const newestDays = 7;

/** What is folded of `partitions d`, days before the given one. What has changed within the hour tells the pace. */
export function foldedBefore(day: Day): string {
  return `d.day < '${day}' AND d.day <> '${undatedDay}' AND d.state IN ('archived', 'purged') AND d.stopped IS NULL
    AND d.left_rows = 0 AND d.updated_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR`;
}

/** By the table's name as `formatTableName` writes it; one for each of the two states. */
export async function readFolds(session: Session, ledger: string, before: Day): Promise<Map<string, FoldedDays[]>> {
  const values = { ledger: identifier(ledger), folded: foldedBefore(before) };
  const folds = new Map<string, FoldedDays[]>();
  for (const row of await session.rows(sqlFile('status/folds.sql', values))) {
    const name = nameOf(row);
    const fold = {
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
    folds.set(
      name,
      [...(folds.get(name) ?? []), fold].sort((one, other) => (one.first < other.first ? -1 : 1)),
    );
  }
  return folds;
}

/** Whether the folds tell all that the days would tell one by one: no gap, nothing in another state between, and enough newer days beside them. */
export function tellsAll(folds: readonly FoldedDays[], singles: readonly SingleDay[]): boolean {
  const newest = singles.filter((each) => isArchived(each.state) && folds.every((fold) => each.day > fold.last));
  if (newest.length < newestDays) return false;

  return folds.every(({ state, first, last, days }) => {
    const between = singles.filter((each) => first <= each.day && each.day <= last);
    return between.every((each) => each.state === state) && days + between.length === spanOf(first, last);
  });
}

function spanOf(first: Day, last: Day): number {
  return Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;
}

function nameOf(row: Record<string, string | null>): string {
  return formatTableName({ database: String(row.database_name), table: String(row.table_name) });
}
