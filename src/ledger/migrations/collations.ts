import { identifier } from '../../mysql/quote.ts';
import type { Session } from '../../mysql/session/session.ts';

/** Tables of the ledger compare names without their case, so that `orders` and `Orders` share rows. */
export class LedgerCollations extends Error {
  override readonly name = 'LedgerCollations';
  constructor(
    readonly ledger: string,
    readonly found: ReadonlyMap<string, string>,
  ) {
    const [first] = found;
    const alters = [...found.keys()].map(
      (table) =>
        `ALTER TABLE ${identifier(ledger)}.${identifier(table)} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;`,
    );
    super(
      `ledger ${ledger}: ${found.size === 1 ? 'a table' : `${found.size} tables`} of it (${first?.[0]}: ` +
        `${first?.[1]}) compare names without their case, so tables whose names differ by case alone share rows. ` +
        `Stop the workers, run as an administrator: ${alters.join(' ')} Then start them again`,
    );
  }
}

/** @throws LedgerCollations */
export async function requireCollations(session: Session, ledger: string, tables: readonly string[]): Promise<void> {
  const rows = await session.rows(
    `SELECT TABLE_NAME AS name, MIN(COLLATION_NAME) AS found FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?) AND COLLATION_NAME IS NOT NULL AND RIGHT(COLLATION_NAME, 4) <> '_bin'
     GROUP BY TABLE_NAME ORDER BY TABLE_NAME`,
    [ledger, tables],
  );
  if (rows.length === 0) return;
  throw new LedgerCollations(ledger, new Map(rows.map((row) => [String(row.name), String(row.found)])));
}
