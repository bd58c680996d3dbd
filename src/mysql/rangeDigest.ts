import type { Cursor } from '../archive/chunk.ts';
import { type Digest, emptyDigest } from '../archive/digest.ts';
import type { DayWindow } from '../model/day.ts';
import { type DigestSource, digestQuery } from './expressions.ts';
import { predicate } from './predicate.ts';
import { literal } from './quote.ts';
import { indexedTable, type TableSchema } from './schema/tableSchema.ts';
import type { Session } from './session/session.ts';

/** Rows of one day between two cursors, `(from, to]`. */
export interface CursorRange {
  schema: TableSchema;
  window: DayWindow;
  from: Cursor | undefined;
  to: Cursor | undefined;
  salt: string;
}

/** MySQL's own digest of the rows of a range, as they are now. */
export async function rangeDigest(session: Session, range: CursorRange): Promise<Digest> {
  return digestOf(session, {
    columns: range.schema.columns,
    salt: literal(range.salt),
    from: indexedTable(range.schema),
    where: predicate(range, range.from, range.to),
  });
}

export async function digestOf(session: Session, source: DigestSource): Promise<Digest> {
  const [row] = await session.rows(digestQuery(source, session.flavor));
  const rows = Number(row?.digest_rows);
  // BIT_XOR over no rows isn't a digest.
  return rows === 0 ? emptyDigest : { rows, xor: String(row?.digest_xor) };
}
