import type { Cursor } from '../archive/chunk.ts';
import type { Day } from '../model/day.ts';
import type { PartitionState } from '../model/partitionState.ts';

/** How far the ledger has the purge of one day. */
export interface DayPosition {
  day: Day;
  /** The share of the archived rows that is deleted. */
  share: number;
  /** Rows that are archived and not deleted yet. */
  rowsLeft: number;
  /** The cursor of the last deleted row; null before the first. */
  cursor: Cursor | null;
}

/** A day as the ledger has it. */
interface LedgerDay {
  day: Day;
  state: PartitionState;
  rowsArchived: number;
  rowsDeleted: number;
  cursor: Cursor | null;
}

/** The day that a table's purge has begun and not finished; null between two days. */
export function begunDay(days: readonly LedgerDay[]): DayPosition | null {
  return positionOf(days.find((each) => each.state === 'purging'));
}

/** The day that a table's purge continues with: the one it has begun, or the oldest archived one. `days` are oldest first. */
export function nextDay(days: readonly LedgerDay[]): DayPosition | null {
  return begunDay(days) ?? positionOf(days.find((each) => each.state === 'archived'));
}

function positionOf(found: LedgerDay | undefined): DayPosition | null {
  if (!found) return null;
  const { day, rowsArchived, rowsDeleted, cursor } = found;
  const share = rowsArchived === 0 ? 1 : rowsDeleted / rowsArchived;
  return { day, share, rowsLeft: rowsArchived - rowsDeleted, cursor };
}
