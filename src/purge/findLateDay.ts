import { sameDigest } from '../archive/digest.ts';
import type { OpenedTable } from '../checks/openTable.ts';
import { type Ledger, leftDigest, type Partition } from '../ledger/ledger.ts';
import type { Day, TimeColumnKind } from '../model/day.ts';
import { cursorLiteral } from '../mysql/expressions.ts';
import { identifier } from '../mysql/quote.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { indexedTable, type TableSchema } from '../mysql/schema/tableSchema.ts';

type KnownDay = { day: Day } & Partition;

/**
 * The oldest of these purged days, oldest first, that has rows again, apart from those that are known to stay. It takes
 * one index lookup per day that has rows; empty days cost nothing.
 */
export async function findLateDay(
  ledger: Ledger,
  { schema, kind }: OpenedTable,
  purged: readonly KnownDay[],
): Promise<KnownDay | undefined> {
  const time = schema.timeColumn;
  const column = identifier(time.name);
  let begin = purged[0]?.window.start;
  const end = purged.at(-1)?.window.end;
  while (begin !== undefined && end !== undefined) {
    const [row] = await ledger.session.rows(
      `SELECT MIN(${column}) AS oldest FROM ${indexedTable(schema)} WHERE ${column} >=
        ${cursorLiteral(time, begin)} AND ${column} < ${cursorLiteral(time, end)}`,
    );
    if (row?.oldest === null || row?.oldest === undefined) return undefined;
    const oldest = String(row.oldest);
    // The first purged day that ends after it. If the row lies in a gap between two days, the gap is skipped.
    const found = purged.find((each) => isBefore(kind, oldest, each.window.end));
    if (!found) return undefined;
    const inside = !isBefore(kind, oldest, found.window.start);
    if (inside && !(await isKnown(ledger, schema, found))) return found;
    begin = inside ? found.window.end : found.window.start;
  }
  return undefined;
}

async function isKnown(ledger: Ledger, schema: TableSchema, day: KnownDay): Promise<boolean> {
  const range = { schema, window: day.window, from: undefined, to: undefined, salt: day.salt };
  return day.leftRows > 0 && sameDigest(await rangeDigest(ledger.session, range), leftDigest(day));
}

/** Compares two times of one column: as numbers if the column counts, otherwise as the text that MySQL prints. */
function isBefore(kind: TimeColumnKind, time: string, bound: string): boolean {
  return kind === 'epochMillis' || kind === 'epochSeconds' ? BigInt(time) < BigInt(bound) : time < bound;
}
