import { release } from '../config/release.ts';
import type { Day } from '../model/day.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session.ts';

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
  | 'audited';

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
