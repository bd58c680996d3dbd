import type { Day } from '../model/day.ts';
import { type TableName, tableArgument } from '../model/tableName.ts';

/** Archives one day. */
export function backfillCommand(key: TableName & { day: Day }): string {
  return `sediment backfill --table ${tableArgument(key)} --from ${key.day} --to ${key.day}`;
}
