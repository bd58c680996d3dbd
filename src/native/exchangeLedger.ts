import { createHash } from 'node:crypto';
import type { Cursor } from '../archive/chunk.ts';
import { endCursor } from '../archive/cursor.ts';
import type { Fuse } from '../ledger/fuse.ts';
import { Fenced, type Ledger, type PartitionKey } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import type { TableName } from '../model/tableName.ts';
import { identifier } from '../mysql/quote.ts';

/** A native partition that is exchanged, or about to be. */
export interface NativeExchange {
  /** The table, in the ledger's schema, that takes its rows. */
  name: string;
  native: string;
  state: 'intended' | 'accounted';
}

/** What an exchange may count as deleted, and the facts under which it may, as they were when the day was opened. */
export interface ExchangeAccount {
  /** The table's procedure `may_delete`. */
  procedure: string;
  epoch: number;
  cursor: Cursor | null;
  manifestVersion: string | null;
  rows: number;
  chunks: number;
  fuse: Fuse;
  fingerprint: string;
  rules: string;
}

const where = 'database_name = ? AND table_name = ? AND day = ?';

/** The beginning of the names of a day's exchange tables. The epoch behind it gives each attempt its own. */
export function exchangePrefix({ database, table, day }: PartitionKey): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([database, table]))
    .digest('hex')
    .slice(0, 10);
  return `twin_${hash}_${day.replaceAll('-', '')}_`;
}

export async function readExchanges(ledger: Ledger, key: PartitionKey): Promise<NativeExchange[]> {
  const rows = await ledger.session.rows(
    `SELECT twin, native_partition, state FROM ${identifier(ledger.name)}.twins WHERE ${where} ORDER BY twin`,
    values(key),
  );
  return rows.map((row) => ({
    name: String(row.twin),
    native: String(row.native_partition),
    state: row.state as NativeExchange['state'],
  }));
}

/** The days of a table with an exchange that began at least so long ago and hasn't ended. */
export async function readExchangeDays(ledger: Ledger, table: TableName, olderThanSeconds: number): Promise<Day[]> {
  const rows = await ledger.session.rows(
    `SELECT DISTINCT day FROM ${identifier(ledger.name)}.twins WHERE database_name = ? AND table_name = ?
       AND created_at <= CURRENT_TIMESTAMP(6) - INTERVAL ? SECOND ORDER BY day`,
    [table.database, table.table, olderThanSeconds],
  );
  return rows.map((row) => String(row.day) as Day);
}

/** Every table with an exchange that hasn't ended. */
export async function readExchangeTables(ledger: Ledger): Promise<TableName[]> {
  const rows = await ledger.session.rows(
    `SELECT DISTINCT database_name, table_name FROM ${identifier(ledger.name)}.twins ORDER BY database_name, table_name`,
  );
  return rows.map((row) => ({ database: String(row.database_name), table: String(row.table_name) }));
}

/**
 * Records the intent in a transaction of its own under the epoch (pitfall P76: the exchange that follows is DDL, which
 * commits whatever is open). An attempt that was overtaken records none, and so exchanges nothing.
 * @returns why it waits, in words
 * @throws Fenced
 */
export async function recordIntent(
  ledger: Ledger,
  key: PartitionKey,
  exchangeTables: readonly NativeExchange[],
  account: ExchangeAccount,
): Promise<string | undefined> {
  return ledger.session.transaction(async () => {
    const refused = await refusal(ledger, key, account);
    if (refused) return refused;
    for (const { name, native, state } of exchangeTables)
      await ledger.session.execute(
        `INSERT INTO ${identifier(ledger.name)}.twins (twin, database_name, table_name, day, native_partition, epoch, state) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [name, ...values(key), native, account.epoch, state],
      );
    return undefined;
  });
}

/**
 * Counts the exchange tables' rows as deleted, in one transaction, by the same rules as a run of chunks: epoch, cursor,
 * manifest, holds and fuse.
 * @returns why they can't be, in words
 * @throws Fenced
 */
export async function recordDeleted(
  ledger: Ledger,
  key: PartitionKey,
  account: ExchangeAccount,
): Promise<string | undefined> {
  const { session } = ledger;
  const schema = identifier(ledger.name);
  return session.transaction(async () => {
    const refused = await refusal(ledger, key, account);
    if (refused) return refused;
    await session.execute(
      `INSERT INTO ${schema}.deletions (database_name, table_name, utc_day, deleted) VALUES (?, ?, UTC_DATE(),
        ?) ON DUPLICATE KEY UPDATE deleted = deleted + ?`,
      [key.database, key.table, account.rows, account.rows],
    );
    await session.execute(
      `UPDATE ${schema}.partitions SET cursor_json = ?, rows_deleted = rows_deleted + ?, chunks_deleted =
        chunks_deleted + ?, proofs = proofs + 1 WHERE ${where}`,
      [JSON.stringify(endCursor), account.rows, account.chunks, ...values(key)],
    );
    const marked = await session.execute(
      `UPDATE ${schema}.twins SET state = 'accounted' WHERE ${where} AND epoch = ? AND state = 'intended'`,
      [...values(key), account.epoch],
    );
    if (marked === 0) throw new Fenced(key, account.epoch, 'its intent is gone');
    return undefined;
  });
}

/** What the procedure `may_delete` answers by the rules of the purge procedure, under the lock of the day's row. */
export async function mayDelete(
  { session }: Ledger,
  day: Day,
  account: ExchangeAccount,
): Promise<{ outcome: 'may' | 'fenced' | 'held' | 'fuse' | 'schema'; detail: string }> {
  const cursor = account.cursor && JSON.stringify(account.cursor);
  const [result] = await session.rows<unknown>(`CALL ${account.procedure}(?, ?, ?, ?, ?, ?, ?, ?)`, [
    day,
    account.epoch,
    cursor,
    account.manifestVersion,
    account.rows,
    account.fingerprint,
    account.rules,
    account.fuse.rows,
  ]);
  const [row] = result as Awaited<ReturnType<typeof mayDelete>>[];
  if (!row) throw new Error(`${account.procedure} answered nothing`);
  return row;
}

/** @returns why they can't be, in words @throws Fenced */
async function refusal(ledger: Ledger, key: PartitionKey, account: ExchangeAccount): Promise<string | undefined> {
  const { outcome, detail } = await mayDelete(ledger, key.day, account);
  if (outcome === 'fenced') throw new Fenced(key, account.epoch, detail);
  if (outcome === 'fuse') return `fuse: ${detail}, the day has ${account.rows}, ${account.fuse.setting}`;
  return outcome === 'may' ? undefined : detail;
}

export async function forgetExchange(ledger: Ledger, name: string): Promise<void> {
  await ledger.session.execute(`DELETE FROM ${identifier(ledger.name)}.twins WHERE twin = ?`, [name]);
}

function values({ database, table, day }: PartitionKey): string[] {
  return [database, table, day];
}
