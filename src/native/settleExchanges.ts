import { Stopped } from '../job/attempt.ts';
import type { Ledger, PartitionKey } from '../ledger/ledger.ts';
import { messageOf } from '../model/error.ts';
import { formatTableName, type TableName, tableArgument } from '../model/tableName.ts';
import { isDuplicateKey } from '../mysql/errors.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import { storedColumns, tablesLike } from './exchange.ts';
import { forgetTwin, readTwinDays, readTwins, type Twin, twinPrefix } from './exchangeLedger.ts';

/** Rows a transaction of the way back. */
const rowsAtOnce = 5_000;
/** A twin under this name can't be exchanged any more. */
const closed = '_back';

/**
 * Ends what an exchange left behind, for an attempt that has taken the epoch forward: twins that are accounted for are
 * dropped, the rows of others go back into the table. By INSERT … SELECT, for a second exchange would move rows out
 * that came since (P76). Safe to repeat after a crash at any step.
 * @throws Stopped, Fenced
 */
export async function settleTwins(ledger: Ledger, key: PartitionKey, epoch: number): Promise<void> {
  for (const twin of await readTwins(ledger, key)) {
    if (twin.state === 'accounted') await dropAccounted(ledger, twin.name);
    else await putBack(ledger, key, epoch, twin);
  }
}

/**
 * Ends every exchange of a table that an attempt left behind, before anything else is asked of the table: until then
 * the application misses the rows, and a policy, a hold or a trigger that came since may keep the purge from going on.
 * @param olderThanSeconds leaves younger ones to the attempt that may still be at work on them
 * @throws Stopped, Fenced
 */
export async function settleLeftExchanges(ledger: Ledger, table: TableName, olderThanSeconds = 0): Promise<void> {
  for (const day of await readTwinDays(ledger, table, olderThanSeconds)) {
    const key = { database: table.database, table: table.table, day };
    const epoch = await ledger.session.transaction(async () => {
      const found = await ledger.lockPartition(key);
      return found && ledger.takeEpoch(key, found, 'purging');
    });
    if (epoch === undefined) continue;
    try {
      await settleTwins(ledger, key, epoch);
    } catch (error) {
      if (error instanceof Stopped) await ledger.setStopped(key, epoch, error.message);
      throw error;
    }
  }
}

export async function dropAccounted(ledger: Ledger, name: string): Promise<void> {
  await ledger.session.execute(`DROP TABLE IF EXISTS ${qualified(ledger.name, name)}`);
  await forgetTwin(ledger, name);
}

/**
 * Drops the day's twins that no intent names: made by an attempt that died before it wrote one. Without an intent
 * nothing was exchanged, and an attempt that was overtaken can write none.
 */
export async function dropOrphans(ledger: Ledger, key: PartitionKey): Promise<void> {
  const intended = new Set((await readTwins(ledger, key)).map((twin) => twin.name));
  for (const name of await tablesLike(ledger.session, ledger.name, twinPrefix(key))) {
    if (intended.has(name) || intended.has(name.replace(/_back$/, ''))) continue;
    const place = qualified(ledger.name, name);
    if (!(await isEmpty(ledger, place)))
      throw new Stopped(`${place} holds rows and the ledger knows of no exchange: look where they belong`);
    await ledger.session.execute(`DROP TABLE IF EXISTS ${place}`);
  }
}

async function putBack(ledger: Ledger, key: PartitionKey, epoch: number, { name }: Twin): Promise<void> {
  const { session } = ledger;
  const back = `${name}${closed}`;
  // Under another name first: a DDL of the attempt before, stopped on its way, finds its twin no more.
  const standing = await tablesLike(session, ledger.name, name);
  if (standing.includes(name))
    await session.execute(`RENAME TABLE ${qualified(ledger.name, name)} TO ${qualified(ledger.name, back)}`);
  else if (!standing.includes(back))
    throw new Stopped(
      `${qualified(ledger.name, name)}, which may hold rows of ${formatTableName(key)} ${key.day}, is gone: find who dropped it, put its rows back from a backup, then delete its line in ${identifier(ledger.name)}.twins`,
    );
  await returnRows(ledger, key, epoch, back);
  await session.transaction(async () => {
    await ledger.holdEpoch(key, epoch);
    await forgetTwin(ledger, name);
  });
  await session.execute(`DROP TABLE IF EXISTS ${qualified(ledger.name, back)}`);
}

/** Moves a twin's rows into the table, some thousand a transaction: in each, every row stands in one of the two. */
async function returnRows(ledger: Ledger, key: PartitionKey, epoch: number, back: string): Promise<void> {
  const { session } = ledger;
  const from = qualified(ledger.name, back);
  // Where nothing was exchanged nothing goes back, and no right to INSERT is wanted.
  if (await isEmpty(ledger, from)) return;
  const columns = await storedColumns(session, ledger.name, back);
  const order = await primaryOrder(ledger, back);
  const [mode] = await session.rows('SELECT @@session.sql_mode AS before_it');
  // As they stood there: an AUTO_INCREMENT of 0 stays 0, a 31 February stays one.
  await session.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES')");
  try {
    for (let moved = rowsAtOnce; moved === rowsAtOnce; )
      moved = await session.transaction(async () => {
        await ledger.holdEpoch(key, epoch);
        const page = `ORDER BY ${order} LIMIT ${rowsAtOnce}`;
        const into = qualified(key.database, key.table);
        const copied = await session.execute(`INSERT INTO ${into} (${columns}) SELECT ${columns} FROM ${from} ${page}`);
        const gone = await session.execute(`DELETE FROM ${from} ${page}`);
        if (copied !== gone) throw new Error(`${from}: ${copied} rows copied, ${gone} taken out`);
        return gone;
      });
  } catch (error) {
    if (isDuplicateKey(error))
      throw new Stopped(
        `${from} holds rows of ${formatTableName(key)} ${key.day} that can't go back: ${messageOf(error)}. Another row took the key while they were out; remove one of the two, then: sediment heal ${tableArgument(key)} --day ${key.day}`,
        { cause: error },
      );
    throw error;
  } finally {
    await session.execute('SET SESSION sql_mode = ?', [mode?.before_it]).catch(() => undefined);
  }
}

async function isEmpty(ledger: Ledger, place: string): Promise<boolean> {
  return (await ledger.session.rows(`SELECT 1 FROM ${place} LIMIT 1`)).length === 0;
}

async function primaryOrder(ledger: Ledger, twin: string): Promise<string> {
  const rows = await ledger.session.rows(
    "SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX",
    [ledger.name, twin],
  );
  return rows.map((row) => identifier(String(row.name))).join(', ');
}
