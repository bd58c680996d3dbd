import { Stopped } from '../job/attempt.ts';
import type { Ledger, PartitionKey } from '../ledger/ledger.ts';
import { messageOf } from '../model/error.ts';
import { formatTableName, type TableName, tableArgument } from '../model/tableName.ts';
import { errnoOf, isDuplicateKey } from '../mysql/errors.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import { insertTriggers } from '../mysql/schema/insertTriggers.ts';
import { storedColumns, tablesLike } from './exchange.ts';
import {
  exchangePrefix,
  forgetExchange,
  type NativeExchange,
  readExchangeDays,
  readExchanges,
} from './exchangeLedger.ts';

/**
 * What a row is refused with by a table that was altered since: a column that is gone, or must have a value, or holds less;
 * a check or a foreign key; no native partition for it.
 */
const misfits: readonly number[] = [1048, 1054, 1264, 1292, 1364, 1366, 1406, 1452, 1526, 3819, 4025];
/** Rows that one transaction puts back. */
const rowsAtOnce = 5_000;
/** Suffix of an exchange table that is being emptied. Under the new name, a late EXCHANGE can't find it. */
const renamed = '_back';

/**
 * Ends exchanges that another attempt left, for one that has raised the epoch: drops the tables whose rows are counted as
 * deleted, and puts the rows of the others back. It does so by INSERT … SELECT (pitfall P76: exchanging back would move
 * out rows that came meanwhile). Safe to repeat after a crash at any step.
 * @throws Stopped, Fenced
 */
export async function settleExchanges(ledger: Ledger, key: PartitionKey, epoch: number): Promise<void> {
  for (const exchangeTable of await readExchanges(ledger, key)) {
    if (exchangeTable.state === 'accounted') await dropAccounted(ledger, exchangeTable.name);
    else await putBack(ledger, key, epoch, exchangeTable);
  }
}

/**
 * Ends every exchange of a table that another attempt left, before the table is checked. Until then the application lacks
 * the rows, and a policy, a hold or a trigger that came since could keep the purge from ever ending the exchange.
 * @param olderThanSeconds leaves younger exchanges to the attempt that may still work on them
 * @throws Stopped, Fenced
 */
export async function settleLeftExchanges(ledger: Ledger, table: TableName, olderThanSeconds = 0): Promise<void> {
  for (const day of await readExchangeDays(ledger, table, olderThanSeconds)) {
    const key = { database: table.database, table: table.table, day };
    const epoch = await ledger.session.transaction(async () => {
      const found = await ledger.lockPartition(key);
      return found && ledger.takeEpoch(key, found, 'purging');
    });
    if (epoch === undefined) continue;
    try {
      await settleExchanges(ledger, key, epoch);
    } catch (error) {
      if (error instanceof Stopped) await ledger.setStopped(key, epoch, error.message, error.command);
      throw error;
    }
  }
}

export async function dropAccounted(ledger: Ledger, name: string): Promise<void> {
  await ledger.session.execute(`DROP TABLE IF EXISTS ${qualified(ledger.name, name)}`);
  await forgetExchange(ledger, name);
}

/**
 * Drops the day's exchange tables that no intent names. Their attempt died before it recorded one, so nothing was
 * exchanged; and an attempt that was overtaken can't record one any more.
 */
export async function dropOrphans(ledger: Ledger, key: PartitionKey): Promise<void> {
  const intended = new Set((await readExchanges(ledger, key)).map((exchangeTable) => exchangeTable.name));
  for (const name of await tablesLike(ledger.session, ledger.name, exchangePrefix(key))) {
    if (intended.has(name) || intended.has(name.replace(/_back$/, ''))) continue;
    const table = qualified(ledger.name, name);
    if (!(await isEmpty(ledger, table)))
      throw new Stopped(`${table} holds rows and the ledger knows of no exchange: look where they belong`);
    await ledger.session.execute(`DROP TABLE IF EXISTS ${table}`);
  }
}

async function putBack(ledger: Ledger, key: PartitionKey, epoch: number, { name }: NativeExchange): Promise<void> {
  const { session } = ledger;
  const back = `${name}${renamed}`;
  // Renamed first, so that a DDL of the earlier attempt that is still on its way can't find it.
  const standing = await tablesLike(session, ledger.name, name);
  if (standing.includes(name))
    await session.execute(`RENAME TABLE ${qualified(ledger.name, name)} TO ${qualified(ledger.name, back)}`);
  else if (!standing.includes(back))
    throw new Stopped(
      `${qualified(ledger.name, name)}, which may hold rows of ${formatTableName(key)} ${key.day}, is gone: ` +
        'find who dropped it, put its rows back from a backup, then delete its line in ' +
        `${identifier(ledger.name)}.twins`,
    );
  await returnRows(ledger, key, epoch, back);
  await session.transaction(async () => {
    await ledger.holdEpoch(key, epoch);
    await forgetExchange(ledger, name);
  });
  await session.execute(`DROP TABLE IF EXISTS ${qualified(ledger.name, back)}`);
}

/** Moves an exchange table's rows back, some thousand per transaction. At every moment each row is in exactly one of the two tables. */
async function returnRows(ledger: Ledger, key: PartitionKey, epoch: number, back: string): Promise<void> {
  const { session } = ledger;
  const from = qualified(ledger.name, back);
  // If nothing was exchanged, nothing goes back, and no INSERT privilege is needed.
  if (await isEmpty(ledger, from)) return;
  const columns = await storedColumns(session, ledger.name, back);
  const order = await primaryOrder(ledger, back);
  const [mode] = await session.rows('SELECT @@session.sql_mode AS before_it');
  // Values go back as they are: an AUTO_INCREMENT of 0 stays 0, and an invalid date stays one.
  await session.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES')");
  try {
    for (let moved = rowsAtOnce; moved === rowsAtOnce; )
      moved = await session.transaction(async () => {
        await ledger.holdEpoch(key, epoch);
        const page = `ORDER BY ${order} LIMIT ${rowsAtOnce}`;
        const into = qualified(key.database, key.table);
        const copied = await session.execute(`INSERT INTO ${into} (${columns}) SELECT ${columns} FROM ${from} ${page}`);
        await refuseTriggers(ledger, key, from);
        const gone = await session.execute(`DELETE FROM ${from} ${page}`);
        if (copied !== gone) throw new Error(`${from}: ${copied} rows copied, ${gone} taken out`);
        return gone;
      });
  } catch (error) {
    if (isDuplicateKey(error))
      throw new Stopped(
        [
          `${from} holds rows of ${formatTableName(key)} ${key.day} that can't go back: ${messageOf(error)}.`,
          'Another row took the key while they were out; remove one of the two, then:',
        ].join(' '),
        { cause: error, command: `sediment heal ${tableArgument(key)} --day ${key.day}` },
      );
    if (misfits.includes(errnoOf(error) ?? 0))
      throw new Stopped(
        [
          `${from} holds rows of ${formatTableName(key)} ${key.day} that can't go back: ${messageOf(error)}.`,
          'The table was altered while they were out; undo that, or alter both alike, then:',
        ].join(' '),
        { cause: error, command: `sediment heal ${tableArgument(key)} --day ${key.day}` },
      );
    throw error;
  } finally {
    await session.execute('SET SESSION sql_mode = ?', [mode?.before_it]).catch(() => undefined);
  }
}

/**
 * A trigger that came while the rows were out would take them for new ones; what it did is rolled back with the insert.
 * @throws Stopped
 */
async function refuseTriggers({ session }: Ledger, key: PartitionKey, from: string): Promise<void> {
  const triggers = await insertTriggers(session, key);
  if (triggers.length === 0) return;
  throw new Stopped(
    [
      `${from} holds rows of ${formatTableName(key)} ${key.day} that can't go back: the trigger ${triggers.join(', ')} runs`,
      'on each insert, and would take them for new ones. Drop it for the time that this takes, then:',
    ].join(' '),
    { command: `sediment heal ${tableArgument(key)} --day ${key.day}` },
  );
}

async function isEmpty(ledger: Ledger, table: string): Promise<boolean> {
  return (await ledger.session.rows(`SELECT 1 FROM ${table} LIMIT 1`)).length === 0;
}

async function primaryOrder(ledger: Ledger, exchangeTable: string): Promise<string> {
  const rows = await ledger.session.rows(
    "SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX",
    [ledger.name, exchangeTable],
  );
  return rows.map((row) => identifier(String(row.name))).join(', ');
}
