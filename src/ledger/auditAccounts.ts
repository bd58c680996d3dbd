import type { TableName } from '../model/tableName.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { sqlFile } from '../mysql/sqlFile.ts';

/** What audits have read of a table, all in all. */
export interface AuditAccount extends TableName {
  /** Seconds since 1970 UTC; null before the first. */
  lastAt: number | null;
  days: number;
  objects: number;
  bytes: number;
  /** How long ago the archived day was read that was read the longest ago; one that was never read counts from its end. */
  oldestSeconds: number;
}

export async function readAuditAccounts(session: Session, ledger: string): Promise<AuditAccount[]> {
  const rows = await session.rows(sqlFile('telemetry/audits.sql', { ledger: identifier(ledger) }));
  return rows.map((row) => ({
    database: String(row.database_name),
    table: String(row.table_name),
    lastAt: row.last_at === null ? null : Math.round(Number(row.last_at)),
    days: Number(row.days),
    objects: Number(row.objects),
    bytes: Number(row.bytes),
    oldestSeconds: Math.max(0, Math.round(Number(row.oldest_seconds))),
  }));
}
