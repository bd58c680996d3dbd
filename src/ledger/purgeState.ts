import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { sqlFile } from '../mysql/sqlFile.ts';
import { tableNameOf } from './rowFields.ts';

/** What the ledger has of a table's purge beside the days. */
export interface KeptPace {
  /** As `parsePacerState` reads it; null before the first purge. */
  state: string | null;
  /** Rows that were deleted in this UTC day, by the server's clock. */
  deletedToday: number;
}

/** By the table's name as `formatTableName` writes it; empty if the ledger doesn't exist yet. */
export async function readPaces(session: Session, ledger: string): Promise<Map<string, KeptPace>> {
  const rows = await session.rows(sqlFile('status/paces.sql', { ledger: identifier(ledger) })).catch((error) => {
    if (isMissingLedger(error)) return [];
    throw error;
  });
  return new Map(
    rows.map((row) => [tableNameOf(row), { state: row.servo ?? null, deletedToday: Number(row.deleted_today) }]),
  );
}
