import type { TablePolicy } from '../config/policy.ts';
import type { Day } from '../model/day.ts';
import type { TableName } from '../model/tableName.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { shortMillis } from '../mysql/session/session.ts';
import { appendHistory } from './history.ts';
import { instant, tableNameOf } from './rowFields.ts';

/** What is refused: all work on a table (`plan`), the archive of a day, or its purge. */
export type RefusedWork = 'plan' | 'archive' | 'purge';

/** What keeps a table, or a day of it, from its work until a person has looked. */
export interface Refusal {
  work: RefusedWork;
  /** Null where it is about the whole table. */
  day: Day | null;
  reason: string;
  /** What a person does about it, in words. */
  remedy: string | null;
  /** The command by which it goes on, as a shell takes it. */
  command: string | null;
}

export interface RecordedRefusal extends Refusal {
  /** The first time that it was refused for this reason: ISO 8601, UTC. */
  since: string;
}

/** When a daily run last opened a table, and how many closed days without an archive it found. */
export interface Look {
  /** ISO 8601, UTC. */
  at: string;
  missingDays: number;
}

interface LedgerOf {
  session: Session;
  name: string;
}

const where = 'database_name = ? AND table_name = ? AND work = ? AND day = ?';
/** Bytes of a TEXT column, with room to spare for characters of four bytes. */
const textLength = 10_000;

/** Writes why work is refused. The first time that it was refused for the same reason is kept. */
export async function recordRefusal(ledger: LedgerOf, table: TableName, refusal: Refusal): Promise<void> {
  const { work, day, remedy, command } = refusal;
  const reason = refusal.reason.slice(0, textLength);
  const refusals = `${identifier(ledger.name)}.refusals`;
  await ledger.session.transaction(async () => {
    const own = ledger.session.within(shortMillis);
    const key = [table.database, table.table, work, day ?? ''];
    const [known] = await own.rows(`SELECT reason FROM ${refusals} WHERE ${where} FOR UPDATE`, key);
    // `since` comes first: each assignment sees what those before it have set.
    await own.execute(
      `INSERT INTO ${refusals} (database_name, table_name, work, day, reason, remedy, command) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE since = IF(reason = VALUES(reason), since, CURRENT_TIMESTAMP(6)), reason = VALUES(reason),
         remedy = VALUES(remedy), command = VALUES(command), seen_at = CURRENT_TIMESTAMP(6)`,
      [...key, reason, remedy, command],
    );
    if (known?.reason === reason) return;
    await appendHistory(ledger, { event: 'refused', table, day: day ?? undefined, detail: { work, reason, command } });
  });
}

/** Takes a refusal away, because the work has succeeded. @param day null for a refusal of the whole table */
export async function dropRefusal(
  ledger: LedgerOf,
  table: TableName,
  { work, day }: Pick<Refusal, 'work' | 'day'>,
): Promise<void> {
  const refusals = `${identifier(ledger.name)}.refusals`;
  const key = [table.database, table.table, work, day ?? ''];
  const [known] = await ledger.session.rows(`SELECT reason FROM ${refusals} WHERE ${where}`, key);
  if (!known) return;
  await ledger.session.transaction(async () => {
    const dropped = await ledger.session.execute(`DELETE FROM ${refusals} WHERE ${where}`, key);
    if (dropped === 0) return;
    await appendHistory(ledger, {
      event: 'opened',
      table,
      day: day ?? undefined,
      detail: { work, reason: known.reason },
    });
  });
}

/** Writes that a daily run has opened the table. */
export async function recordLook(ledger: LedgerOf, { database, table }: TableName, missingDays: number): Promise<void> {
  await ledger.session.execute(
    `INSERT INTO ${identifier(ledger.name)}.looks (database_name, table_name, missing_days) VALUES (?, ?, ?)
     ON DUPLICATE KEY UPDATE looked_at = CURRENT_TIMESTAMP(6), missing_days = VALUES(missing_days)`,
    [database, table, missingDays],
  );
}

/** Why the last daily run refused the table; null where it opened it. */
export function refusalOfTable(refusals: readonly RecordedRefusal[]): RecordedRefusal | null {
  return refusals.find(({ work }) => work === 'plan') ?? null;
}

/** The first refusal that stops a day's archive, or the purge where the policy purges; null where none does. */
export function refusalOfWork(
  { purge }: Pick<TablePolicy, 'purge'>,
  refusals: readonly RecordedRefusal[],
): RecordedRefusal | null {
  return refusals.find(({ work }) => work === 'archive' || (work === 'purge' && purge === 'enabled')) ?? null;
}

/**
 * By the table's name as `formatTableName` writes it, the whole table's first, then by day. The archive of a day that
 * another attempt has archived since isn't refused any more.
 */
export async function readRefusals(session: Session, ledger: string): Promise<Map<string, RecordedRefusal[]>> {
  const found = new Map<string, RecordedRefusal[]>();
  const schema = identifier(ledger);
  const rows = await rowsOrNone(
    session,
    `SELECT database_name, table_name, work, day, reason, remedy, command, ${instant('since')} AS since
     FROM ${schema}.refusals r
     WHERE NOT (work = 'archive' AND EXISTS (
       SELECT 1 FROM ${schema}.partitions p
       WHERE p.database_name = r.database_name AND p.table_name = r.table_name AND p.day = r.day
         AND p.state IN ('archived', 'purging', 'purged')))
     ORDER BY database_name, table_name, day, work`,
  );
  for (const row of rows) {
    const own = found.get(tableNameOf(row)) ?? [];
    own.push({
      work: row.work as RefusedWork,
      day: row.day ? (row.day as Day) : null,
      reason: String(row.reason),
      remedy: row.remedy ?? null,
      command: row.command ?? null,
      since: String(row.since),
    });
    found.set(tableNameOf(row), own);
  }
  return found;
}

/** By the table's name as `formatTableName` writes it. */
export async function readLooks(session: Session, ledger: string): Promise<Map<string, Look>> {
  const rows = await rowsOrNone(
    session,
    `SELECT database_name, table_name, ${instant('looked_at')} AS at, missing_days FROM ${identifier(ledger)}.looks`,
  );
  return new Map(rows.map((row) => [tableNameOf(row), { at: String(row.at), missingDays: Number(row.missing_days) }]));
}

/** A ledger that the first newer worker is yet to migrate has none. */
async function rowsOrNone(session: Session, statement: string): Promise<Record<string, string | null>[]> {
  try {
    return await session.rows(statement);
  } catch (error) {
    if (isMissingLedger(error)) return [];
    throw error;
  }
}
