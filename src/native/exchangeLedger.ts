import { createHash } from 'node:crypto';
import type { Cursor } from '../archive/chunk.ts';
import { endCursor } from '../archive/cursor.ts';
import type { Fuse } from '../ledger/fuse.ts';
import { Fenced, type Ledger, type PartitionKey } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import type { TableName } from '../model/tableName.ts';
import { identifier, literal } from '../mysql/quote.ts';
import { fingerprintQuery } from '../mysql/schema/tableSchema.ts';

/** A native partition that is exchanged, or about to be. */
export interface Twin {
  /** The table, in the ledger's schema, that takes its rows. */
  name: string;
  native: string;
  state: 'intended' | 'accounted';
}

/** What the account of an exchange goes by, as it stood when the day was opened. */
export interface TwinAccount {
  epoch: number;
  cursor: Cursor | null;
  manifestVersion: string | null;
  rows: number;
  chunks: number;
  fuse: Fuse;
  fingerprint: string;
}

const where = 'database_name = ? AND table_name = ? AND day = ?';

/** What the names of a day's twins begin with; the epoch makes each attempt's its own. */
export function twinPrefix({ database, table, day }: PartitionKey): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([database, table]))
    .digest('hex')
    .slice(0, 10);
  return `twin_${hash}_${day.replaceAll('-', '')}_`;
}

export async function readTwins(ledger: Ledger, key: PartitionKey): Promise<Twin[]> {
  const rows = await ledger.session.rows(
    `SELECT twin, native_partition, state FROM ${identifier(ledger.name)}.twins WHERE ${where} ORDER BY twin`,
    values(key),
  );
  return rows.map((row) => ({
    name: String(row.twin),
    native: String(row.native_partition),
    state: row.state as Twin['state'],
  }));
}

/** The days of a table that have an exchange which began so long ago and hasn't ended. */
export async function readTwinDays(ledger: Ledger, table: TableName, olderThanSeconds: number): Promise<Day[]> {
  const rows = await ledger.session.rows(
    `SELECT DISTINCT day FROM ${identifier(ledger.name)}.twins WHERE database_name = ? AND table_name = ?
       AND created_at <= CURRENT_TIMESTAMP(6) - INTERVAL ? SECOND ORDER BY day`,
    [table.database, table.table, olderThanSeconds],
  );
  return rows.map((row) => String(row.day) as Day);
}

/**
 * Writes the intent down, in a transaction of its own that holds the epoch: the exchange that follows is DDL, and would
 * commit whatever is open (P76). An attempt that was overtaken writes none, and so exchanges nothing.
 * @returns why it waits, in words
 * @throws Fenced
 */
export async function intendTwins(
  ledger: Ledger,
  key: PartitionKey,
  twins: readonly Twin[],
  account: TwinAccount,
): Promise<string | undefined> {
  return ledger.session.transaction(async () => {
    const refused = await mayDelete(ledger, key, account);
    if (refused) return refused;
    for (const { name, native, state } of twins)
      await ledger.session.execute(
        `INSERT INTO ${identifier(ledger.name)}.twins (twin, database_name, table_name, day, native_partition, epoch, state) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [name, ...values(key), native, account.epoch, state],
      );
    return undefined;
  });
}

/**
 * Counts the twins' rows as deleted, in the one transaction that makes them so: under the epoch, cursor, manifest,
 * holds and fuse that a run of chunks goes by.
 * @returns why not, in words
 * @throws Fenced
 */
export async function accountTwins(
  ledger: Ledger,
  key: PartitionKey,
  account: TwinAccount,
): Promise<string | undefined> {
  const { session } = ledger;
  const schema = identifier(ledger.name);
  return session.transaction(async () => {
    const refused = await mayDelete(ledger, key, account);
    if (refused) return refused;
    await session.execute(
      `INSERT INTO ${schema}.deletions (database_name, table_name, utc_day, deleted) VALUES (?, ?, UTC_DATE(), ?) ON DUPLICATE KEY UPDATE deleted = deleted + ?`,
      [key.database, key.table, account.rows, account.rows],
    );
    await session.execute(
      `UPDATE ${schema}.partitions SET cursor_json = ?, rows_deleted = rows_deleted + ?, chunks_deleted = chunks_deleted + ?, proofs = proofs + 1 WHERE ${where}`,
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

/** Under the ledger row's lock, by the rules of the purge procedure. */
async function mayDelete(ledger: Ledger, key: PartitionKey, account: TwinAccount): Promise<string | undefined> {
  const held = await ledger.holdEpoch(key, account.epoch, 'purging');
  const [cursor, expected] = [held.cursor, account.cursor].map((each) => JSON.stringify(each));
  if (held.state !== 'purging' || cursor !== expected || held.manifestVersion !== account.manifestVersion)
    throw new Fenced(key, account.epoch, `state ${held.state}, cursor ${cursor}`);
  const hold = await ledger.activeHold(key);
  if (hold) return `${hold.owner}: ${hold.reason}`;
  const [fuse] = await ledger.session.rows(
    `SELECT IFNULL(SUM(deleted), 0) AS today FROM ${identifier(ledger.name)}.deletions WHERE database_name = ? AND table_name = ? AND utc_day = UTC_DATE() FOR UPDATE`,
    [key.database, key.table],
  );
  if (account.fuse.rows > 0 && Number(fuse?.today) + account.rows > account.fuse.rows)
    return `fuse: ${fuse?.today} rows deleted today, the day has ${account.rows}, ${account.fuse.said}`;
  const [print] = await ledger.session.rows(fingerprintQuery(literal(key.database), literal(key.table)));
  return print?.fingerprint === account.fingerprint ? undefined : 'the columns have changed since the export';
}

export async function forgetTwin(ledger: Ledger, name: string): Promise<void> {
  await ledger.session.execute(`DELETE FROM ${identifier(ledger.name)}.twins WHERE twin = ?`, [name]);
}

function values({ database, table, day }: PartitionKey): string[] {
  return [database, table, day];
}
