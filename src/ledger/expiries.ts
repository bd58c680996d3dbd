import type { Day } from '../model/day.ts';
import { undatedDay } from '../model/day.ts';
import type { TableName } from '../model/tableName.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { appendHistory } from './history.ts';
import type { Ledger, PartitionKey } from './ledger.ts';
import { instant, tableNameOf } from './rowFields.ts';

/** A day whose archive is to be deleted, or was. */
export interface Expiry {
  day: Day;
  /** ISO 8601, UTC; the others too. */
  announcedAt: string;
  rows: number;
  /** Of its rows and chunk indexes in S3. */
  bytes: number;
  /** Null before it is begun. */
  who: string | null;
  begunAt: string | null;
  versions: number;
  /** Null until no version of any object of the day is left. */
  doneAt: string | null;
}

const where = 'database_name = ? AND table_name = ? AND day = ?';

function tableOf(ledger: string): string {
  return `${identifier(ledger)}.expiries`;
}

/**
 * Announces the purged days before the given one that aren't announced yet, and withdraws the announcements of later
 * days that nobody has begun: the policy keeps them for longer now. Without a day all of them.
 * @returns the days that are new
 */
export async function announceExpiries(ledger: Ledger, table: TableName, before: Day | undefined): Promise<Day[]> {
  const { session, name } = ledger;
  const own = [table.database, table.table];
  const withdrawn = () =>
    session.execute(
      `DELETE FROM ${tableOf(name)} WHERE database_name = ? AND table_name = ? AND begun_at IS NULL AND day >= ?`,
      [...own, before ?? undatedDay],
    );
  if (before === undefined) {
    await withdrawn();
    return [];
  }
  return session.transaction(async () => {
    await withdrawn();
    const due = await session.rows(
      `SELECT p.day, p.rows_archived AS number,
         CAST(IFNULL((SELECT SUM(JSON_EXTRACT(q.body, '$.object.bytes') + JSON_EXTRACT(q.body, '$.chunkIndex.bytes'))
           FROM ${identifier(name)}.parts q
           WHERE q.database_name = p.database_name AND q.table_name = p.table_name AND q.day = p.day), 0) AS UNSIGNED) AS bytes
       FROM ${identifier(name)}.partitions p
       LEFT JOIN ${tableOf(name)} e ON e.database_name = p.database_name AND e.table_name = p.table_name AND e.day = p.day
       WHERE p.database_name = ? AND p.table_name = ? AND p.state = 'purged' AND p.day <> ? AND p.day < ? AND e.day IS NULL
       ORDER BY p.day LIMIT ${announcedAtOnce}`,
      [...own, undatedDay, before],
    );
    for (const row of due)
      await session.execute(
        `INSERT INTO ${tableOf(name)} (database_name, table_name, day, rows_stored, bytes_stored) VALUES (?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE day = VALUES(day)`,
        [...own, row.day ?? null, Number(row.number), Number(row.bytes)],
      );
    const days = due.map((row) => String(row.day) as Day);
    const bytes = due.reduce((sum, row) => sum + Number(row.bytes), 0);
    if (days.length > 0)
      await appendHistory(ledger, {
        event: 'announced',
        table,
        detail: { days: days.length, from: days[0], to: days.at(-1), bytes },
      });
    return days;
  });
}

/** A run announces so many days of a table; the next run goes on. */
const announcedAtOnce = 2_000;

/** By the table's name, oldest day first; of one table, or of all. A ledger of an older release has none. */
export async function readExpiries(
  session: Session,
  ledger: string,
  table?: TableName,
): Promise<Map<string, Expiry[]>> {
  const found = new Map<string, Expiry[]>();
  try {
    const rows = await session.rows(
      `SELECT database_name, table_name, day, rows_stored, bytes_stored, who, versions, ${instant('announced_at')} AS announced_at,
         ${instant('begun_at')} AS begun_at, ${instant('done_at')} AS done_at
       FROM ${tableOf(ledger)} ${table ? 'WHERE database_name = ? AND table_name = ?' : ''} ORDER BY day`,
      table ? [table.database, table.table] : [],
    );
    for (const row of rows) {
      const own = found.get(tableNameOf(row)) ?? [];
      own.push({
        day: String(row.day) as Day,
        announcedAt: String(row.announced_at),
        rows: Number(row.rows_stored),
        bytes: Number(row.bytes_stored),
        who: row.who ?? null,
        begunAt: row.begun_at ?? null,
        versions: Number(row.versions),
        doneAt: row.done_at ?? null,
      });
      found.set(tableNameOf(row), own);
    }
  } catch (error) {
    if (!isMissingLedger(error)) throw error;
  }
  return found;
}

/** In the transaction that gives the day its state; one that was begun keeps who began it. */
export async function beginExpiry({ session, name }: Ledger, key: PartitionKey, who: string): Promise<void> {
  await session.execute(
    `UPDATE ${tableOf(name)} SET who = COALESCE(who, ?), begun_at = COALESCE(begun_at, CURRENT_TIMESTAMP(6)) WHERE ${where}`,
    [who, ...valuesOf(key)],
  );
}

export async function countExpired({ session, name }: Ledger, key: PartitionKey, versions: number): Promise<void> {
  await session.execute(`UPDATE ${tableOf(name)} SET versions = versions + ? WHERE ${where}`, [
    versions,
    ...valuesOf(key),
  ]);
}

/** Nothing of the day is in S3 any more: its parts leave the ledger, its counts stay. */
export async function endExpiry(ledger: Ledger, key: PartitionKey, expiry: Expiry): Promise<void> {
  const { session, name } = ledger;
  await session.transaction(async () => {
    await ledger.replaceParts(key, [], []);
    await session.execute(
      `UPDATE ${tableOf(name)} SET done_at = CURRENT_TIMESTAMP(6) WHERE ${where} AND done_at IS NULL`,
      valuesOf(key),
    );
    const { rows, bytes, versions, announcedAt } = expiry;
    const who = expiry.who ?? undefined;
    await appendHistory(ledger, {
      event: 'expired',
      table: key,
      day: key.day,
      who,
      detail: { rows, bytes, versions, announcedAt },
    });
  });
}

function valuesOf({ database, table, day }: PartitionKey): string[] {
  return [database, table, day];
}
