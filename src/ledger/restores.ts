import type { Column } from '../archive/column.ts';
import type { Day } from '../model/day.ts';
import type { TableName } from '../model/tableName.ts';
import { identifier } from '../mysql/quote.ts';
import type { Ledger } from './ledger.ts';

/** A table that a restore made, and what it was made of. */
export interface Restore {
  target: TableName;
  /** The archived table. */
  table: TableName;
  /** The condition of `--where`; empty for all rows. */
  filter: string;
  /** The target's columns in the order of the archive's files. */
  columns: readonly Column[];
}

/** A day of a restore. */
export interface RestoredDay {
  day: Day;
  /** Its chunks are numbered from `number` × `chunksADay` on. */
  number: number;
  /** The manifest's revision that it is loaded from. */
  revision: number;
  /** Null until every chunk of it is loaded and proved. */
  done: { rows: number; bytes: number } | null;
}

const ofTarget = 'target_database = ? AND target_table = ?';

export async function readRestore(ledger: Ledger, target: TableName): Promise<Restore | undefined> {
  const [row] = await ledger.session.rows(`SELECT * FROM ${identifier(ledger.name)}.restores WHERE ${ofTarget}`, [
    target.database,
    target.table,
  ]);
  return (
    row && {
      target,
      table: { database: String(row.database_name), table: String(row.table_name) },
      filter: String(row.filter),
      columns: JSON.parse(String(row.columns)) as Column[],
    }
  );
}

export async function recordRestore(ledger: Ledger, { target, table, filter, columns }: Restore): Promise<void> {
  await ledger.session.execute(
    `INSERT INTO ${identifier(ledger.name)}.restores
       (target_database, target_table, database_name, table_name, filter, columns) VALUES (?, ?, ?, ?, ?, ?)`,
    [target.database, target.table, table.database, table.table, filter, JSON.stringify(columns)],
  );
}

/** Forgets a restore whose table is gone. */
export async function forgetRestore(ledger: Ledger, target: TableName): Promise<void> {
  const schema = identifier(ledger.name);
  await ledger.session.transaction(async () => {
    for (const name of ['restored_days', 'restores'])
      await ledger.session.execute(`DELETE FROM ${schema}.${name} WHERE ${ofTarget}`, [target.database, target.table]);
  });
}

export async function readRestoredDays(ledger: Ledger, target: TableName): Promise<RestoredDay[]> {
  const rows = await ledger.session.rows(
    `SELECT * FROM ${identifier(ledger.name)}.restored_days WHERE ${ofTarget} ORDER BY day`,
    [target.database, target.table],
  );
  return rows.map((row) => ({
    day: String(row.day) as Day,
    number: Number(row.number),
    revision: Number(row.revision),
    done: row.restored_at === null ? null : { rows: Number(row.rows_restored), bytes: Number(row.bytes_read) },
  }));
}

/** Adds days to a restore, each with a number of its own. */
export async function addRestoredDays(
  ledger: Ledger,
  target: TableName,
  days: readonly { day: Day; revision: number }[],
): Promise<void> {
  const schema = identifier(ledger.name);
  await ledger.session.transaction(async () => {
    const [last] = await ledger.session.rows(
      `SELECT IFNULL(MAX(number), 0) AS last FROM ${schema}.restored_days WHERE ${ofTarget} FOR UPDATE`,
      [target.database, target.table],
    );
    for (const [index, { day, revision }] of days.entries())
      await ledger.session.execute(
        `INSERT INTO ${schema}.restored_days (target_database, target_table, day, number, revision) VALUES (?, ?, ?, ?, ?)`,
        [target.database, target.table, day, Number(last?.last) + 1 + index, revision],
      );
  });
}

export async function setDayRestored(
  ledger: Ledger,
  target: TableName,
  day: Day,
  { rows, bytes }: { rows: number; bytes: number },
): Promise<void> {
  await ledger.session.execute(
    `UPDATE ${identifier(ledger.name)}.restored_days
     SET rows_restored = ?, bytes_read = ?, restored_at = CURRENT_TIMESTAMP(6) WHERE ${ofTarget} AND day = ?`,
    [rows, bytes, target.database, target.table, day],
  );
}
