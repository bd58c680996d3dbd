import type { Day } from '../model/day.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { appendHistory } from './history.ts';
import type { Ledger, PartitionKey } from './ledger.ts';
import { instant, tableNameOf } from './rowFields.ts';

/** What the drill of a day came to. */
export interface Drill {
  rows: number;
  bytes: number;
  seconds: number;
  /** Why it couldn't be restored; null where each chunk of it was proved. */
  finding: string | null;
}

/** The last drill of a table. */
export interface LastDrill extends Drill {
  day: Day;
  /** ISO 8601, UTC. */
  at: string;
}

export async function recordDrill(ledger: Ledger, key: PartitionKey, drill: Drill): Promise<void> {
  const { rows, bytes, seconds, finding } = drill;
  await ledger.session.transaction(async () => {
    await ledger.session.execute(
      `INSERT INTO ${identifier(ledger.name)}.drills (database_name, table_name, day, rows_restored, bytes_read, seconds, finding)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE day = VALUES(day), rows_restored = VALUES(rows_restored), bytes_read = VALUES(bytes_read),
         seconds = VALUES(seconds), finding = VALUES(finding), drilled_at = CURRENT_TIMESTAMP(6)`,
      [key.database, key.table, key.day, rows, bytes, seconds, finding],
    );
    await appendHistory(ledger, { event: 'drilled', table: key, day: key.day, detail: { ...drill } });
  });
}

/** By the table's name. A ledger of an older release has none. */
export async function readDrills(session: Session, ledger: string): Promise<Map<string, LastDrill>> {
  try {
    const rows = await session.rows(
      `SELECT database_name, table_name, day, rows_restored, bytes_read, seconds, finding, ${instant('drilled_at')} AS at
       FROM ${identifier(ledger)}.drills`,
    );
    return new Map(
      rows.map((row) => [
        tableNameOf(row),
        {
          day: String(row.day) as Day,
          rows: Number(row.rows_restored),
          bytes: Number(row.bytes_read),
          seconds: Number(row.seconds),
          finding: row.finding ?? null,
          at: String(row.at),
        },
      ]),
    );
  } catch (error) {
    if (isMissingLedger(error)) return new Map();
    throw error;
  }
}
