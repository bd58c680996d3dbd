import type { Session } from '../session.ts';

/**
 * Transactions that were begun before an instant and are still open: what they commit may land in a day that looks over.
 * Undefined where the user may not look (it takes PROCESS).
 * @param before UTC, `YYYY-MM-DD HH:MM:SS`
 */
export async function openTransactionsSince(session: Session, before: string): Promise<number | undefined> {
  try {
    // trx_started is written in the server's own zone.
    const [row] = await session.rows(
      `SELECT COUNT(*) AS number FROM information_schema.INNODB_TRX
       WHERE trx_started < CONVERT_TZ(?, '+00:00', @@global.time_zone) AND trx_mysql_thread_id <> CONNECTION_ID()`,
      [before],
    );
    return Number(row?.number);
  } catch (error) {
    if (error instanceof Error && 'errno' in error && error.errno === 1227) return undefined;
    throw error;
  }
}
