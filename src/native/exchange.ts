import { type Digest, emptyDigest, mergeDigests } from '../archive/digest.ts';
import type { DayWindow } from '../model/day.ts';
import { isLockWait } from '../mysql/errors.ts';
import { cursorLiteral } from '../mysql/expressions.ts';
import { predicate } from '../mysql/predicate.ts';
import { identifier, literal, qualified } from '../mysql/quote.ts';
import { type CursorRange, digestOf } from '../mysql/rangeDigest.ts';
import { fingerprintQuery, type TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';
import type { NativeLayout } from './fit.ts';

/** Reads how a table is laid out in native partitions, from the server's catalogue. */
export async function readNativeLayout(
  session: Session,
  { catalogue: { database, table } }: Pick<TableSchema, 'catalogue'>,
): Promise<NativeLayout> {
  const values = [database, table];
  const rows = await session.rows(
    `SELECT PARTITION_NAME AS name, PARTITION_METHOD AS method, PARTITION_EXPRESSION AS expression,
            PARTITION_DESCRIPTION AS lessThan, SUBPARTITION_METHOD AS subpartition
     FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY PARTITION_ORDINAL_POSITION`,
    values,
  );
  const keys = await session.rows(
    `SELECT CONCAT(CONSTRAINT_SCHEMA, '.', TABLE_NAME) AS child, CONCAT(UNIQUE_CONSTRAINT_SCHEMA, '.', REFERENCED_TABLE_NAME) AS parent
     FROM information_schema.REFERENTIAL_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ? OR UNIQUE_CONSTRAINT_SCHEMA = ? AND REFERENCED_TABLE_NAME = ?`,
    [...values, ...values],
  );
  const triggers = await session.rows(
    'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ?',
    values,
  );
  return {
    method: rows[0]?.method ?? null,
    expression: rows[0]?.expression ?? null,
    subpartitioned: rows.some((row) => row.subpartition !== null),
    partitions: rows.map((row) => ({ name: String(row.name), lessThan: String(row.lessThan) })),
    foreignKeys: keys.map((row) => String(row.child === `${database}.${table}` ? row.parent : row.child)),
    triggers: triggers.map((row) => String(row.name)),
  };
}

/**
 * Finds a row in the native partitions that isn't of the day (pitfall P54: the first partition has no lower bound, and
 * takes NULLs too).
 * @returns the row's time as MySQL prints it
 */
export async function findStray(
  session: Session,
  schema: TableSchema,
  names: readonly string[],
  window: DayWindow,
): Promise<string | undefined> {
  const time = identifier(schema.timeColumn.name);
  const outside = [
    `${time} < ${cursorLiteral(schema.timeColumn, window.start)}`,
    `${time} >= ${cursorLiteral(schema.timeColumn, window.end)}`,
    `${time} IS NULL`,
  ];
  // Three statements of one index lookup each. Joined by OR they would be a scan.
  for (const where of outside) {
    const [row] = await session.rows(
      `SELECT CAST(${time} AS CHAR) AS stray FROM ${nativeSource(schema, names)} WHERE ${where} LIMIT 1`,
    );
    if (row) return String(row.stray);
  }
  return undefined;
}

/** MySQL's digest of those of a range's rows that are in some native partitions. */
export async function digestOfPartition(
  session: Session,
  range: CursorRange,
  names: readonly string[],
): Promise<Digest> {
  const { schema, salt } = range;
  const where = predicate(range, range.from, range.to);
  return digestOf(session, {
    columns: schema.columns,
    salt: literal(salt),
    from: nativeSource(schema, names),
    where,
  });
}

/** MySQL's digest of all rows in the exchange tables, without a predicate, so that rows that came meanwhile count whatever their time. */
export async function digestExchangeTables(
  session: Session,
  schema: TableSchema,
  salt: string,
  exchangeTables: readonly string[],
): Promise<Digest> {
  const digests: Digest[] = [emptyDigest];
  for (const exchangeTable of exchangeTables)
    digests.push(
      await digestOf(session, { columns: schema.columns, salt: literal(salt), from: exchangeTable, where: 'TRUE' }),
    );
  return mergeDigests(digests);
}

/** Creates an empty table of the same structure, without partitions. DDL, which commits what is open (pitfall P76). @returns its fingerprint */
export async function createExchangeTable(
  session: Session,
  schema: TableSchema,
  ledger: string,
  exchangeTable: string,
): Promise<string> {
  const tableSql = qualified(ledger, exchangeTable);
  await session.execute(`CREATE TABLE ${tableSql} LIKE ${qualified(schema.database, schema.table)}`);
  await session.execute(`ALTER TABLE ${tableSql} REMOVE PARTITIONING`);
  const [row] = await session.rows(fingerprintQuery('?', '?'), [ledger, exchangeTable]);
  return String(row?.fingerprint);
}

/**
 * Exchanges a native partition with its empty exchange table. The wait is bounded, because every query on the table waits
 * behind a DDL that waits for the metadata lock (pitfall P54). DDL commits what is open (pitfall P76).
 */
export async function exchange(
  session: Session,
  { database, table }: Pick<TableSchema, 'database' | 'table'>,
  { native, exchangeTable }: { native: string; exchangeTable: string },
  wait: { seconds: number; tries: number },
): Promise<void> {
  const [before] = await session.rows('SELECT @@session.lock_wait_timeout AS seconds');
  await session.execute(`SET SESSION lock_wait_timeout = ${wait.seconds}`);
  try {
    for (let tries = 1; ; tries++) {
      try {
        await session.execute(
          `ALTER TABLE ${qualified(database, table)} EXCHANGE PARTITION ${identifier(native)} WITH TABLE ${exchangeTable}`,
        );
        return;
      } catch (error) {
        if (!isLockWait(error) || tries >= wait.tries) throw error;
      }
    }
  } finally {
    // On a dead connection this fails too; the exchange's own error is the one to report.
    await session.execute(`SET SESSION lock_wait_timeout = ${before?.seconds}`).catch(() => undefined);
  }
}

export async function tablesLike(session: Session, database: string, beginning: string): Promise<string[]> {
  const rows = await session.rows(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND LEFT(TABLE_NAME, CHAR_LENGTH(?)) = ?',
    [database, beginning, beginning],
  );
  return rows.map((row) => String(row.name));
}

/** The columns that a copy of a row names. Generated columns are left out, because the server fills them. */
export async function storedColumns(session: Session, database: string, table: string): Promise<string> {
  const rows = await session.rows(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?
      AND IFNULL(GENERATION_EXPRESSION, '') = '' ORDER BY ORDINAL_POSITION`,
    [database, table],
  );
  return rows.map((row) => identifier(String(row.name))).join(', ');
}

function nativeSource(schema: TableSchema, names: readonly string[]): string {
  const tableSql = qualified(schema.database, schema.table);
  return `${tableSql} PARTITION (${names.map(identifier).join(', ')}) FORCE INDEX (${identifier(schema.index)})`;
}
