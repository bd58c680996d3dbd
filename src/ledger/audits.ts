import type { Day } from '../model/day.ts';
import { identifier } from '../mysql/quote.ts';
import { appendHistory } from './history.ts';
import type { Ledger, PartitionKey } from './ledger.ts';

/** The result of reading a day's objects once. */
export interface Audit {
  rows: number;
  bytes: number;
  /** What is wrong, in words; null if every chunk has the digest that MySQL gave. */
  finding: string | null;
}

export async function recordAudit(ledger: Ledger, key: PartitionKey, audit: Audit): Promise<void> {
  const { rows, bytes, finding } = audit;
  await ledger.session.transaction(async () => {
    await ledger.session.execute(
      `INSERT INTO ${identifier(ledger.name)}.audits (database_name, table_name, day, rows_read, bytes_read, finding) VALUES (?, ?, ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE rows_read = VALUES(rows_read), bytes_read = VALUES(bytes_read), finding = VALUES(finding), audited_at = CURRENT_TIMESTAMP(6)`,
      [key.database, key.table, key.day, rows, bytes, finding],
    );
    await appendHistory(ledger, { event: 'audited', table: key, day: key.day, detail: { rows, bytes, finding } });
  });
}

/** Archived days: first those that were never audited, then those with the oldest audit. */
export async function daysToAudit(
  ledger: Ledger,
  table: { database: string; table: string },
  limit: number,
): Promise<Day[]> {
  const schema = identifier(ledger.name);
  const rows = await ledger.session.rows(
    `SELECT p.day FROM ${schema}.partitions p
     LEFT JOIN ${schema}.audits a ON a.database_name = p.database_name AND a.table_name = p.table_name AND a.day = p.day
     WHERE p.database_name = ? AND p.table_name = ? AND p.state IN ('archived', 'purging', 'purged')
     ORDER BY a.audited_at IS NOT NULL, a.audited_at, p.day LIMIT ${limit}`,
    [table.database, table.table],
  );
  return rows.map((row) => String(row.day) as Day);
}

/** How many archived days a table has. */
export async function countArchivedDays(ledger: Ledger, table: { database: string; table: string }): Promise<number> {
  const [row] = await ledger.session.rows(
    `SELECT COUNT(*) AS number FROM ${identifier(ledger.name)}.partitions
     WHERE database_name = ? AND table_name = ? AND state IN ('archived', 'purging', 'purged')`,
    [table.database, table.table],
  );
  return Number(row?.number);
}
