import { type Day, undatedDay } from '../../model/day.ts';
import { isArchived } from '../../model/partitionState.ts';
import type { TableName } from '../../model/tableName.ts';
import type { Ledger } from '../ledger.ts';

/** Days, inclusive; an end that is left out is open. */
export interface DayRange {
  from?: Day | undefined;
  to?: Day | undefined;
}

/** A table's archived days in their order, 0000-00-00 for its rows without a day first. */
export async function archivedDays(
  ledger: Ledger,
  { database, table }: TableName,
  { from, to }: DayRange,
): Promise<Day[]> {
  const undated = await ledger.readPartition({ database, table, day: undatedDay });
  const dated = await ledger.days(database, table);
  const rows = [...(undated ? [{ day: undatedDay, state: undated.state }] : []), ...dated];
  return rows
    .filter(
      ({ day, state }) => isArchived(state) && (from === undefined || day >= from) && (to === undefined || day <= to),
    )
    .map(({ day }) => day);
}
