import { setTimeout as wait } from 'node:timers/promises';
import type { Session } from '../src/mysql/session/session.ts';
import { createOrders, fillDay, orders } from './orders.ts';
import type { Stage } from './stage.ts';

/** The day that is deleted is `orders.day`; what stays in the table is of the day after, in any number. */
export const laterDay = '2026-01-06';

/** A table from which one day is deleted again and again, and the rows beside it, which stay. */
export async function createDayTable(
  { session }: Stage,
  { table, ranges }: { table: string; ranges?: string },
  otherRows: number,
  tell: (line: string) => void,
): Promise<void> {
  await session.execute('CREATE DATABASE IF NOT EXISTS bench CHARACTER SET utf8mb4');
  await createOrders(session, table, ranges);
  await fillDay(session, { table, day: laterDay }, otherRows, {
    tell: (done) => tell(`filling ${table}: ${done.toLocaleString('en')} rows`),
  });
  await session.execute(`ANALYZE TABLE bench.${table}`);
}

/** Puts the day's rows back, and waits until InnoDB has cleared away what was deleted before. */
export async function refillDay({ session }: Stage, table: string, rows: number): Promise<void> {
  await fillDay(session, { table, day: orders.day }, rows);
  await settled(session);
}

/** InnoDB removes deleted rows after the commit, in the background: who is measured next shouldn't pay for that. */
export async function settled(session: Session): Promise<void> {
  // Only while it waits: else the list stays as it is until the purge has had 128 batches of work.
  await session.execute('SET GLOBAL innodb_purge_rseg_truncate_frequency = 1');
  for (let wanted: number | undefined; ; await wait(50)) {
    const [row] = await session.rows('SHOW ENGINE INNODB STATUS');
    const status = String(row?.Status);
    const numberAfter = (words: RegExp) => Number(words.exec(status)?.[1]);
    wanted ??= numberAfter(/Trx id counter (\d+)/) - 1;
    const reached = numberAfter(/Purge done for trx's n:o < (\d+)/) >= wanted;
    if (reached && /state: running but idle/.test(status) && numberAfter(/History list length (\d+)/) < 100) break;
  }
  await session.execute('SET GLOBAL innodb_purge_rseg_truncate_frequency = DEFAULT');
}
