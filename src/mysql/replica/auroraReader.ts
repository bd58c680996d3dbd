import type { Session } from '../session/session.ts';

/** What Aurora's writer knows of one reader. */
export interface ReaderReport {
  /** When the reader last reported, in milliseconds since 1970 UTC. */
  reportedAt: number;
  lagMillis: number;
}

/** The writer's own report of a reader; undefined where it knows none by that name. */
export async function readReaderReport(writer: Session, reader: string): Promise<ReaderReport | undefined> {
  const [row] = await writer.rows(
    `SELECT ROUND(UNIX_TIMESTAMP(last_update_timestamp) * 1000) AS reported, replica_lag_in_milliseconds AS lag_millis
       FROM information_schema.replica_host_status WHERE server_id = ? AND session_id <> 'MASTER_SESSION_ID'`,
    [reader],
  );
  if (row?.reported == null || row.lag_millis == null) return undefined;
  return { reportedAt: Number(row.reported), lagMillis: Number(row.lag_millis) };
}

/** Whether a reader had all that was committed at a moment when it last reported. Both are of the writer's clock. */
export function hasReached({ reportedAt, lagMillis }: ReaderReport, epochMillis: number): boolean {
  return lagMillis >= 0 && reportedAt - lagMillis > epochMillis;
}

/** The reader's name, and what would make its rows uncertain; `aurora_read_replica_read_committed` may skip or repeat rows. */
export async function readReaderName(reader: Session): Promise<{ server: string; skipsRows: boolean }> {
  const [row] = await reader.rows('SELECT @@aurora_server_id AS server');
  const [skips] = await reader.rows("SHOW SESSION VARIABLES LIKE 'aurora_read_replica_read_committed'");
  return { server: String(row?.server), skipsRows: skips?.Value === 'ON' };
}
