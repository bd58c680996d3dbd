import { errnoOf } from '../errors.ts';
import type { Session } from '../session/session.ts';

/**
 * Transactions that began before an instant and are still open. What they commit may belong to a day that seems complete.
 * Undefined if the server doesn't answer, as without PROCESS: this is for a warning only, so that isn't a failure.
 * @param before UTC, `YYYY-MM-DD HH:MM:SS`
 */
export async function openTransactionsSince(session: Session, before: string): Promise<number | undefined> {
  try {
    return await fromCatalogue(session, before);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
  try {
    return await fromStatus(session, before);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function fromCatalogue(session: Session, before: string): Promise<number> {
  // trx_started is written in the server's own zone.
  const [row] = await session.rows(
    `SELECT COUNT(*) AS number FROM information_schema.INNODB_TRX
     WHERE trx_started < CONVERT_TZ(?, '+00:00', @@global.time_zone) AND trx_mysql_thread_id <> CONNECTION_ID()`,
    [before],
  );
  return Number(row?.number);
}

/**
 * The same from InnoDB's status text. MySQL's catalogue gives error 3854 while any session runs a statement with
 * a four-byte character, because it shows all statements in utf8mb3.
 */
async function fromStatus(session: Session, before: string): Promise<number> {
  const [clock] = await session.rows(
    'SELECT TIMESTAMPDIFF(SECOND, ?, UTC_TIMESTAMP()) AS seconds, CONNECTION_ID() AS id',
    [before],
  );
  const [status] = await session.rows('SHOW ENGINE INNODB STATUS');
  return openIn(String(status?.Status), Number(clock?.seconds), Number(clock?.id));
}

/** Transactions in an InnoDB status that are older than so many seconds, without one connection's own. */
export function openIn(status: string, seconds: number, ownId: number): number {
  const transactions = status.split(/^---TRANSACTION /m).slice(1);
  return transactions.filter((text) => {
    const active = /^\d+, ACTIVE (?:\(PREPARED\) )?(\d+) sec/.exec(text);
    const thread = /MySQL thread id (\d+)/.exec(text);
    return active !== null && Number(active[1]) > seconds && Number(thread?.[1]) !== ownId;
  }).length;
}
