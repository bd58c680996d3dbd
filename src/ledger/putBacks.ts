import type { Day } from '../model/day.ts';
import { formatTableName, type TableName, tableArgument } from '../model/tableName.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { appendHistory } from './history.ts';
import { Fenced, type Ledger, type PartitionKey } from './ledger.ts';
import { instant, tableNameOf } from './rowFields.ts';

/** What putting a day's rows back has come to. */
export interface PutBackCounts {
  inserted: number;
  /** Rows whose key was in the table, with the archived values. */
  there: number;
  /** Rows whose key was in the table with other values, or whose unique key another row has. Nothing was written over. */
  differing: number;
  /** The first keys of those that differ. */
  examples: readonly string[];
}

/** How far a day is: the next chunk, and the next of its rows that meet the condition. */
export interface PutBackPosition {
  chunk: number;
  row: number;
}

/** A day that is put back. */
export interface PutBack extends PutBackCounts {
  request: string;
  revision: number;
  filter: string;
  next: PutBackPosition;
  done: boolean;
}

/** A day that no purge and no heal opens, because its rows were put back. */
export interface KeptDay {
  day: Day;
  /** ISO 8601, UTC. */
  until: string;
  who: string;
  reason: string;
  /** Rows that were put back so far. */
  rows: number;
  done: boolean;
}

/** Why a day is put back, by whom, and how long the purge leaves it alone. */
export interface PutBackOrder {
  request: string;
  revision: number;
  filter: string;
  /** As a DATETIME of UTC. */
  until: string;
  who: string;
  reason: string;
}

/** The day's rows were put back, and are kept from the purge for a stated time. Expected: it passes by itself. */
export class KeptBack extends Error {
  override readonly name = 'KeptBack';
  constructor(key: PartitionKey, kept: KeptDay) {
    super(keptInWords(key, kept));
  }
}

/** The fact, where it is seen, and the command that ends it. */
export function keptInWords(table: TableName, { day, until, who, reason }: KeptDay): string {
  return (
    `${formatTableName(table)} ${day} is kept from the purge until ${until.slice(0, 16).replace('T', ' ')} UTC, because ${who} put ` +
    `its rows back ("${reason}"). To end that: sediment restore ${tableArgument(table)} --day ${day} --live --release`
  );
}

const where = 'database_name = ? AND table_name = ? AND day = ?';
const examplesAtMost = 20;

function tableOf({ name }: { name: string }): string {
  return `${identifier(name)}.put_back_days`;
}

function values({ database, table, day }: PartitionKey): string[] {
  return [database, table, day];
}

/** The days of all tables, or of one, that are kept from the purge now, by the table's name. A ledger of an older release has none. */
export async function readKeptDays(
  session: Session,
  ledger: string,
  table?: TableName,
): Promise<Map<string, KeptDay[]>> {
  const kept = new Map<string, KeptDay[]>();
  const own = table ? 'AND database_name = ? AND table_name = ?' : '';
  try {
    const rows = await session.rows(
      `SELECT database_name, table_name, day, who, reason, rows_inserted, done_at, ${instant('kept_until')} AS until
       FROM ${tableOf({ name: ledger })} WHERE kept_until > UTC_TIMESTAMP(6) ${own} ORDER BY day`,
      table ? [table.database, table.table] : [],
    );
    for (const row of rows) kept.set(tableNameOf(row), [...(kept.get(tableNameOf(row)) ?? []), keptOf(row)]);
  } catch (error) {
    if (!isMissingLedger(error)) throw error;
  }
  return kept;
}

function keptOf(row: Record<string, string | null>): KeptDay {
  return {
    day: String(row.day) as Day,
    until: String(row.until),
    who: String(row.who),
    reason: String(row.reason),
    rows: Number(row.rows_inserted),
    done: row.done_at !== null,
  };
}

/** Whether a day is kept from the purge. Read under the partition's lock it stays so while the lock is held. */
export async function keptDay({ session, name }: Ledger, key: PartitionKey): Promise<KeptDay | undefined> {
  const kept = await readKeptDays(session, name, key);
  return kept.get(formatTableName(key))?.find(({ day }) => day === key.day);
}

export async function readPutBack(ledger: Ledger, key: PartitionKey, lock = ''): Promise<PutBack | undefined> {
  const [row] = await ledger.session.rows(`SELECT * FROM ${tableOf(ledger)} WHERE ${where} ${lock}`, values(key));
  return (
    row && {
      request: String(row.request),
      revision: Number(row.revision),
      filter: String(row.filter),
      next: { chunk: Number(row.next_chunk), row: Number(row.next_row) },
      inserted: Number(row.rows_inserted),
      there: Number(row.rows_there),
      differing: Number(row.rows_differing),
      examples: JSON.parse(String(row.examples)) as string[],
      done: row.done_at !== null,
    }
  );
}

/**
 * Keeps a day from purges and heals, and begins to put it back, or goes on with it. It takes the epoch forward under the
 * partition's lock: an attempt that was opened before is overtaken, and one that is opened later sees the day kept.
 * @throws Fenced where the ledger has no such day
 */
export async function beginPutBack(ledger: Ledger, key: PartitionKey, order: PutBackOrder): Promise<void> {
  await ledger.session.transaction(async () => {
    const row = await ledger.lockPartition(key);
    if (!row) throw new Fenced(key, 0, 'its ledger row is gone');
    const before = await readPutBack(ledger, key, 'FOR UPDATE');
    const { request, revision, filter, until, who, reason } = order;
    if (before?.request === request) return;
    await ledger.session.execute(
      `UPDATE ${identifier(ledger.name)}.partitions SET epoch = epoch + 1 WHERE ${where}`,
      values(key),
    );
    const goesOn = before && !before.done && before.filter === filter && before.revision === revision;
    if (before && !goesOn) {
      if (!before.done) await appendPutBack(ledger, key, before, who);
      await ledger.session.execute(`DELETE FROM ${tableOf(ledger)} WHERE ${where}`, values(key));
    }
    await ledger.session.execute(
      `INSERT INTO ${tableOf(ledger)} (database_name, table_name, day, request, revision, filter, examples, kept_until, who, reason)
       VALUES (?, ?, ?, ?, ?, ?, '[]', ?, ?, ?)
       ON DUPLICATE KEY UPDATE request = VALUES(request), kept_until = VALUES(kept_until), who = VALUES(who), reason = VALUES(reason)`,
      [...values(key), request, revision, filter, until, who, reason],
    );
    await appendHistory(ledger, { event: 'kept', table: key, day: key.day, who, detail: { until, reason, filter } });
  });
}

/**
 * Records what a transaction has put back, in that transaction. @param from where the transaction began
 * @returns false where another attempt has put these rows back: the transaction has to be rolled back
 */
export async function advancePutBack(
  ledger: Ledger,
  key: PartitionKey,
  step: { request: string; from: PutBackPosition; next: PutBackPosition; done: PutBackCounts },
): Promise<boolean> {
  const { request, from, next, done } = step;
  const before = await readPutBack(ledger, key, 'FOR UPDATE');
  if (!before || before.request !== request) return false;
  if (before.next.chunk !== from.chunk || before.next.row !== from.row) return false;
  const examples = [...before.examples, ...done.examples].slice(0, examplesAtMost);
  await ledger.session.execute(
    `UPDATE ${tableOf(ledger)} SET next_chunk = ?, next_row = ?, rows_inserted = rows_inserted + ?, rows_there = rows_there + ?,
       rows_differing = rows_differing + ?, examples = ? WHERE ${where}`,
    [next.chunk, next.row, done.inserted, done.there, done.differing, JSON.stringify(examples), ...values(key)],
  );
  return true;
}

/** Records that a day's last chunk was looked at; safe to repeat. */
export async function endPutBack(ledger: Ledger, key: PartitionKey, request: string): Promise<void> {
  await ledger.session.transaction(async () => {
    const row = await readPutBack(ledger, key, 'FOR UPDATE');
    if (!row || row.done || row.request !== request) return;
    await ledger.session.execute(
      `UPDATE ${tableOf(ledger)} SET done_at = CURRENT_TIMESTAMP(6) WHERE ${where}`,
      values(key),
    );
    await appendPutBack(ledger, key, { ...row, done: true });
  });
}

async function appendPutBack(ledger: Ledger, key: PartitionKey, row: PutBack, who?: string): Promise<void> {
  const { inserted, there, differing, filter, done } = row;
  const detail = { inserted, there, differing, filter, complete: done };
  await appendHistory(ledger, { event: 'putBack', table: key, day: key.day, who, detail });
}

/** Lets the purge have a day again. @returns whether it was kept from it */
export async function releaseKept(ledger: Ledger, key: PartitionKey, who: string): Promise<boolean> {
  return ledger.session.transaction(async () => {
    const kept = await keptDay(ledger, key);
    if (!kept) return false;
    await ledger.session.execute(
      `UPDATE ${tableOf(ledger)} SET kept_until = UTC_TIMESTAMP(6) WHERE ${where}`,
      values(key),
    );
    await appendHistory(ledger, { event: 'let', table: key, day: key.day, who, detail: { until: kept.until } });
    return true;
  });
}
