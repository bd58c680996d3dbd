import type { OpenedTable } from '../checks/openTable.ts';
import { Stopped } from '../job/attempt.ts';
import type { Ledger, Partition } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { cursorLiteral } from '../mysql/expressions.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import { keepingStops } from '../partition/open/openDay.ts';
import { findLateDay } from './findLateDay.ts';

/**
 * Rows of a day whose archive has expired are neither archived nor deleted: a person has to say what they are. It is asked
 * when nothing else is to be purged, so that they keep no other day from its purge.
 * @throws Stopped
 */
export async function refuseExpired(
  ledger: Ledger,
  table: OpenedTable,
  days: readonly ({ day: Day } & Partition)[],
): Promise<void> {
  const { schema } = table;
  const { database, table: name, timeColumn } = schema;
  const expired = days.filter(({ state }) => state === 'expired');
  const found = await findLateDay(ledger, table, expired);
  for (const { day } of expired.filter((each) => each.stopped !== null && each.day !== found?.day))
    await ledger.session.transaction(async () => {
      const key = { database, table: name, day };
      const row = await ledger.lockPartition(key);
      if (row) await ledger.takeEpoch(key, row, 'expired');
    });
  if (!found) return;
  const key = { database, table: name, day: found.day };
  const column = identifier(timeColumn.name);
  const { start, end } = found.window;
  await keepingStops(ledger, key, found.epoch, async () => {
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: its archive has expired and was deleted, and the table has rows of it again, which ` +
        'are neither archived nor purged. Delete them, or move them to another day; they are: ' +
        `SELECT * FROM ${qualified(database, name)} WHERE ${column} >= ${cursorLiteral(timeColumn, start)} AND ${column} < ${cursorLiteral(timeColumn, end)}`,
    );
  });
}
