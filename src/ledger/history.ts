import { release } from '../config/release.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { instant } from './rowFields.ts';

/** What the table `history` records, each with its own facts in `detail`. */
export type HistoryEvent =
  | 'held'
  | 'released'
  | 'accepted'
  | 'adopted'
  | 'archived'
  | 'stopped'
  | 'healed'
  | 'purged'
  | 'audited'
  | 'refused'
  | 'opened'
  | 'kept'
  | 'putBack'
  | 'let'
  | 'drilled'
  | 'erased'
  | 'announced'
  | 'expired'
  | 'begun';

export interface HistoryEntry {
  event: HistoryEvent;
  /** Left out where it is about all tables. */
  table?: { database: string; table: string } | undefined;
  /** Left out where it is about all days. */
  day?: Day | undefined;
  /** A person; left out: this release of Sediment. */
  who?: string | undefined;
  detail: Readonly<Record<string, unknown>>;
}

/**
 * Adds a row to the ledger's history, in the caller's transaction where there is one. Nothing ever changes a row or
 * takes one away. For what happens to a day, never for a chunk: each costs a round trip.
 *
 * @example await appendHistory(ledger, { event: 'held', table, who: 'ada', detail: { reason: 'month-end close' } })
 */
export async function appendHistory(ledger: { session: Session; name: string }, entry: HistoryEntry): Promise<void> {
  const { event, table, day, who = `sediment ${release}`, detail } = entry;
  try {
    await ledger.session.execute(
      `INSERT INTO ${identifier(ledger.name)}.history (database_name, table_name, day, event, who, detail) VALUES (?, ?, ?, ?, ?, ?)`,
      [table?.database ?? null, table?.table ?? null, day ?? null, event, who, JSON.stringify(detail)],
    );
  } catch (error) {
    // A pause must hold on a ledger of an older release too, which its first newer worker is yet to migrate.
    if (!isMissingLedger(error)) throw error;
  }
}

/** A row of the history. */
export interface HistoryRow {
  /** Grows with every event. */
  number: number;
  /** ISO 8601, UTC. */
  at: string;
  /** `db.table`; null where it is about all tables. */
  table: string | null;
  /** Null where it is about all days. */
  day: Day | null;
  /** A `HistoryEvent`, or one that a newer release records. */
  event: string;
  who: string;
  detail: Readonly<Record<string, unknown>>;
}

/** Which rows: all of them where nothing is given. */
export interface HistoryWanted {
  /** The rows of this table, and those about all tables. */
  table?: { database: string; table: string } | undefined;
  /** Without those of tables that another source archives. */
  source?: string | undefined;
  /** The UTC days, both included, on which it happened. */
  from?: Day | undefined;
  to?: Day | undefined;
  /** Only so many, the newest. */
  newest?: number | undefined;
}

const pageRows = 1_000;

/** Oldest first, page by page, so that a history of years needs no more memory than a page. A ledger without one is empty. */
export async function* readHistory(
  session: Session,
  ledger: string,
  wanted: HistoryWanted,
): AsyncGenerator<HistoryRow[]> {
  try {
    let after = await numberBefore(session, ledger, wanted);
    for (;;) {
      const { conditions, values } = conditionsOf(ledger, wanted);
      const rows = await session.rows(
        `SELECT number, ${instant('happened_at')} AS at, database_name, table_name, day, event, who, detail
           FROM ${identifier(ledger)}.history WHERE number > ? AND ${conditions} ORDER BY number LIMIT ${pageRows}`,
        [after, ...values],
      );
      if (rows.length > 0) yield rows.map(rowOf);
      if (rows.length < pageRows) return;
      after = Number(rows.at(-1)?.number);
    }
  } catch (error) {
    if (!isMissingLedger(error)) throw error;
  }
}

/** The number of the row before the first one that is wanted. */
async function numberBefore(session: Session, ledger: string, wanted: HistoryWanted): Promise<number> {
  if (wanted.newest === undefined) return 0;
  const { conditions, values } = conditionsOf(ledger, wanted);
  const [row] = await session.rows(
    `SELECT MIN(number) AS first FROM (SELECT number FROM ${identifier(ledger)}.history WHERE ${conditions}
      ORDER BY number DESC LIMIT ${wanted.newest}) AS newest`,
    values,
  );
  return Number(row?.first ?? 1) - 1;
}

/** Whether anything has happened to the table itself, whatever the config says of it. */
export async function hasHistory(
  session: Session,
  ledger: string,
  { database, table }: { database: string; table: string },
): Promise<boolean> {
  try {
    const found = await session.rows(
      `SELECT 1 FROM ${identifier(ledger)}.history WHERE database_name = ? AND table_name = ? LIMIT 1`,
      [database, table],
    );
    return found.length > 0;
  } catch (error) {
    if (isMissingLedger(error)) return false;
    throw error;
  }
}

function conditionsOf(
  ledger: string,
  { table, source, from, to }: HistoryWanted,
): { conditions: string; values: string[] } {
  const conditions = ['TRUE'];
  const values: string[] = [];
  if (table) {
    conditions.push('(database_name IS NULL OR (database_name = ? AND table_name = ?))');
    values.push(table.database, table.table);
  }
  if (source !== undefined && !table) {
    conditions.push(
      `NOT EXISTS (SELECT 1 FROM ${identifier(ledger)}.tables t
         WHERE t.database_name = history.database_name AND t.table_name = history.table_name AND t.source_name <> ?)`,
    );
    values.push(source);
  }
  // The session's zone is UTC (src/mysql/session/sessionVariables.ts), and so is what a TIMESTAMP is compared with.
  if (from) {
    conditions.push('happened_at >= ?');
    values.push(`${from} 00:00:00`);
  }
  if (to) {
    conditions.push('happened_at < ? + INTERVAL 1 DAY');
    values.push(`${to} 00:00:00`);
  }
  return { conditions: conditions.join(' AND '), values };
}

function rowOf(row: Record<string, string | null>): HistoryRow {
  const { number, at, database_name: database, table_name: table, day, event, who, detail } = row;
  return {
    number: Number(number),
    at: String(at),
    table: database && table ? formatTableName({ database, table }) : null,
    day: (day ?? null) as Day | null,
    event: String(event),
    who: String(who),
    detail: JSON.parse(String(detail)) as Record<string, unknown>,
  };
}
