import { identifier } from '../../mysql/quote.ts';
import { shortMillis } from '../../mysql/session/session.ts';
import type { Ledger, PartitionKey } from '../ledger.ts';

const where = 'database_name = ? AND table_name = ? AND day = ?';

/** The numbers of the parts that were read back and proved since they were written. */
export async function provedParts({ session, name }: Ledger, key: PartitionKey): Promise<Set<number>> {
  const rows = await session
    .within(shortMillis)
    .rows(`SELECT part FROM ${identifier(name)}.parts WHERE ${where} AND proved = 1`, [
      key.database,
      key.table,
      key.day,
    ]);
  return new Set(rows.map((row) => Number(row.part)));
}

/** Records that a part is proved, so that the next attempt to verify the day goes on after it. @throws Fenced */
export async function setProved(ledger: Ledger, key: PartitionKey, epoch: number, part: number): Promise<void> {
  const { session, name } = ledger;
  await session.transaction(async () => {
    await ledger.holdEpoch(key, epoch, 'verified');
    await session
      .within(shortMillis)
      .execute(`UPDATE ${identifier(name)}.parts SET proved = 1 WHERE ${where} AND part = ?`, [
        key.database,
        key.table,
        key.day,
        part,
      ]);
  });
}
