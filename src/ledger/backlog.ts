import { type Day, parseDay } from '../model/day.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { sqlFile } from '../mysql/sqlFile.ts';

/** Sums over all days of a table. */
export interface TableAccount {
  database: string;
  table: string;
  firstDay: Day;
  /** Of those since `firstDay`. */
  archivedDays: number;
  /** The newest day whose archive is verified. */
  lastDay: Day | undefined;
  rowsArchived: number;
  rowsDeleted: number;
  stoppedDays: number;
  /** Days whose latest audit found damage. */
  damagedDays: number;
}

/** An archived day that isn't purged. */
export interface OpenDay {
  database: string;
  table: string;
  day: Day;
  rowsLeft: number;
}

export interface LedgerBacklog {
  accounts: readonly TableAccount[];
  openDays: readonly OpenDay[];
  /** The scopes of holds: `*`, or a table. */
  holds: readonly string[];
}

/** Three short reads without a lock. `before` bounds the open days, so that days within every retention aren't read. */
export async function readBacklog(session: Session, name: string, before: Day): Promise<LedgerBacklog> {
  const ledger = { ledger: identifier(name) };
  const accounts = await session.rows(sqlFile('telemetry/tables.sql', ledger));
  const openDays = await session.rows(sqlFile('telemetry/backlog.sql', ledger), [before]);
  const holds = await session.rows(sqlFile('telemetry/holds.sql', ledger));
  return {
    accounts: accounts.map((row) => ({
      database: String(row.database_name),
      table: String(row.table_name),
      firstDay: parseDay(String(row.first_day)),
      archivedDays: Number(row.archived_days),
      lastDay: row.last_day ? parseDay(row.last_day) : undefined,
      rowsArchived: Number(row.rows_archived),
      rowsDeleted: Number(row.rows_deleted),
      stoppedDays: Number(row.stopped_days),
      damagedDays: Number(row.damaged_days),
    })),
    openDays: openDays.map((row) => ({
      database: String(row.database_name),
      table: String(row.table_name),
      day: parseDay(String(row.day)),
      rowsLeft: Math.max(0, Number(row.rows_left)),
    })),
    holds: holds.map((row) => String(row.scope)),
  };
}
