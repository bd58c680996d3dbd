import type { Day } from '../model/day.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { appendHistory } from './history.ts';
import type { Ledger, PartitionKey } from './ledger.ts';
import { tableNameOf } from './rowFields.ts';

/** An erasure of a day that isn't done. */
export interface OpenErasure {
  number: number;
  day: Day;
  who: string;
  reason: string;
  rows: number;
}

/** Written before the manifest without the rows is; the values are never recorded. */
export async function beginErasure(
  ledger: Ledger,
  key: PartitionKey,
  { who, reason, rows }: { who: string; reason: string; rows: number },
): Promise<void> {
  await ledger.session.execute(
    `INSERT INTO ${identifier(ledger.name)}.erasures (database_name, table_name, day, who, reason, rows_erased) VALUES (?, ?, ?, ?, ?, ?)`,
    [key.database, key.table, key.day, who, reason, rows],
  );
}

/** By the table's name, oldest first. A ledger of an older release has none. */
export async function readOpenErasures(session: Session, ledger: string): Promise<Map<string, OpenErasure[]>> {
  const open = new Map<string, OpenErasure[]>();
  try {
    const rows = await session.rows(
      `SELECT * FROM ${identifier(ledger)}.erasures WHERE done_at IS NULL ORDER BY number`,
    );
    for (const row of rows) {
      const { number, day, who, reason, rows_erased: erased } = row;
      const found = { number: Number(number), day: String(day) as Day, who: String(who), reason: String(reason) };
      open.set(tableNameOf(row), [...(open.get(tableNameOf(row)) ?? []), { ...found, rows: Number(erased) }]);
    }
  } catch (error) {
    if (!isMissingLedger(error)) throw error;
  }
  return open;
}

/** Ends all open erasures of a day. */
export async function endErasures(ledger: Ledger, key: PartitionKey, open: readonly OpenErasure[]): Promise<void> {
  await ledger.session.transaction(async () => {
    for (const { number, who, reason, rows } of open) {
      await ledger.session.execute(
        `UPDATE ${identifier(ledger.name)}.erasures SET done_at = CURRENT_TIMESTAMP(6) WHERE number = ? AND done_at IS NULL`,
        [number],
      );
      await appendHistory(ledger, { event: 'erased', table: key, day: key.day, who, detail: { reason, rows } });
    }
  });
}
