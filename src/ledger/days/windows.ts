import type { Neighbours, RecordedDay } from '../../model/adjoin.ts';
import { addDays, type Day } from '../../model/day.ts';
import { identifier } from '../../mysql/quote.ts';
import { appendHistory } from '../history.ts';
import type { Ledger, PartitionKey } from '../ledger.ts';

/** The recorded windows of the day before and the day after. */
export async function readNeighbours(ledger: Ledger, { database, table, day }: PartitionKey): Promise<Neighbours> {
  const before = addDays(day, -1);
  const after = addDays(day, 1);
  const rows = await ledger.session.rows(
    `SELECT day, window_start, window_end FROM ${identifier(ledger.name)}.partitions
       WHERE database_name = ? AND table_name = ? AND day IN (?, ?)`,
    [database, table, before, after],
  );
  const found: RecordedDay[] = rows.map((row) => ({
    day: String(row.day) as Day,
    window: { start: String(row.window_start), end: String(row.window_end) },
  }));
  return { before: found.find((each) => each.day === before), after: found.find((each) => each.day === after) };
}

/** Whether a person accepted that the day begins where the day before ended, and ends where the day after begins. */
export async function isWindowAccepted(ledger: Ledger, { database, table, day }: PartitionKey): Promise<boolean> {
  const rows = await ledger.session.rows(
    `SELECT day FROM ${identifier(ledger.name)}.accepted_windows WHERE database_name = ? AND table_name = ? AND day = ?`,
    [database, table, day],
  );
  return rows.length > 0;
}

/** Safe to repeat; the first owner and reason are kept. */
export async function acceptWindow(ledger: Ledger, key: PartitionKey, owner: string, reason: string): Promise<void> {
  await ledger.session.transaction(async () => {
    if (await isWindowAccepted(ledger, key)) return;
    await ledger.session.execute(
      `INSERT INTO ${identifier(ledger.name)}.accepted_windows (database_name, table_name, day, owner, reason)
         VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE day = day`,
      [key.database, key.table, key.day, owner, reason],
    );
    await appendHistory(ledger, {
      event: 'accepted',
      table: key,
      day: key.day,
      who: owner,
      detail: { kind: 'window', reason },
    });
  });
}
