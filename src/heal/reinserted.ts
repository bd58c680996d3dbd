import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { encodingOf } from '../archive/column.ts';
import { readRows } from '../archive/csvReader.ts';
import { rowKey } from '../archive/difference.ts';
import { rowDigest } from '../archive/digest.ts';
import { recodeCsv } from '../archive/recode.ts';
import type { Job } from '../job/job.ts';
import { cursorExtra, cursorLiteral, cursorText, rowDigestExpression, valueExpression } from '../mysql/expressions.ts';
import { predicate } from '../mysql/predicate.ts';
import { identifier, literal, qualified } from '../mysql/quote.ts';
import { indexedTable, type TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';
import { keyFields } from '../partition/compareChunk.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { readArchivedChunk } from '../partition/readChunks.ts';
import type { LiveRow } from './classifyReinserted.ts';
import { keyWeights } from './keyWeights.ts';

/** The table's rows of a day, or of one chunk, in cursor order, at most so many. */
export async function liveRows(
  session: Session,
  day: Pick<OpenedDay, 'schema' | 'row'>,
  limit: number,
  { from, to }: Partial<Pick<BoundedChunk, 'from' | 'to'>> = {},
): Promise<LiveRow[]> {
  const { schema, row } = day;
  const keys = schema.primaryKey.map((column) => `HEX(CAST(${valueExpression(column)} AS BINARY))`);
  const cursors = schema.cursorColumns.map(
    (column) => cursorExtra(column) ?? `HEX(CAST(${valueExpression(column)} AS BINARY))`,
  );
  const named = [...keys.map((sql, at) => `${sql} AS k${at}`), ...cursors.map((sql, at) => `${sql} AS c${at}`)];
  const order = schema.cursorColumns.map((column) => identifier(column.name)).join(', ');
  const rows = await session.rows<Record<string, string | number>>(
    `SELECT ${named.join(', ')}, ${rowDigestExpression(schema.columns, literal(row.salt))} AS digest FROM
      ${indexedTable(schema)} WHERE ${predicate({ schema, window: row.window }, from, to)} ORDER BY ${order}
      LIMIT ${limit}`,
  );
  return rows.map((found) => ({
    key: keys.map((_, at) => String(found[`k${at}`]).toLowerCase()).join(','),
    cursor: schema.cursorColumns.map((column, at) => {
      const value = String(found[`c${at}`]);
      return cursorExtra(column) ? value : cursorText(column, Buffer.from(value, 'hex'));
    }),
    digest: String(found.digest),
  }));
}

/**
 * Finds keys in chunks of the archive: for each, the digests of the archived rows that have it. Keys are compared as MySQL
 * compares them: those of one weight under the key's collation are candidates, and MySQL is asked.
 */
export async function findArchived(
  { source, ledger, attempt }: Job,
  day: OpenedDay,
  keys: readonly string[],
  chunks: readonly BoundedChunk[],
): Promise<Map<string, string[]>> {
  const { schema, manifest, row } = day;
  const encodings = schema.columns.map(encodingOf);
  const fields = keyFields(schema);
  const wanted = new Map<string, string[]>();
  for (const [key, weight] of await keyWeights(ledger.session, schema.primaryKey, keys))
    wanted.set(weight, [...(wanted.get(weight) ?? []), key]);
  const found = new Map<string, string[]>();
  const dropped = new Set(schema.columns.flatMap((column, position) => (column.dropped ? [position] : [])));
  for (const chunk of chunks) {
    attempt.signal.throwIfAborted();
    attempt.heartbeat({ phase: 'looking for late rows in the archive', rows: keys.length });
    const { csv } = await readArchivedChunk(source.store, manifest, chunk, encodings);
    const plain = chunk.part.width === encodings.length && dropped.size === 0;
    const rows = plain ? csv : recodeCsv(csv, chunk.part.width, { encodings, blank: dropped });
    const archivedKeys = [...readRows(rows, encodings)].map((values) => rowKey(values, fields));
    const weights = await keyWeights(ledger.session, schema.primaryKey, archivedKeys);
    for (const values of readRows(rows, encodings)) {
      const archived = rowKey(values, fields);
      for (const key of wanted.get(weights.get(archived) ?? '') ?? []) {
        if (key !== archived && !(await sameKey(ledger.session, schema, key, archived))) continue;
        const digest = Buffer.from(rowDigest(values, encodings, row.salt), 'latin1').toString('hex');
        const digests = found.get(key);
        if (digests) digests.push(digest);
        else found.set(key, [digest]);
      }
    }
  }
  return found;
}

/** Whether the live row with one key is also the one with the other. */
async function sameKey(session: Session, schema: TableSchema, live: string, archived: string): Promise<boolean> {
  const where = [live, archived].flatMap((key) => keyPredicates(schema, key)).join(' AND ');
  const rows = await session.rows(`SELECT 1 FROM ${qualified(schema.database, schema.table)} WHERE ${where} LIMIT 1`);
  return rows.length > 0;
}

/** `pk = …` for each column of the primary key. @param key as `rowKey` writes it */
export function keyPredicates(schema: Pick<TableSchema, 'primaryKey'>, key: string): string[] {
  const values = key.split(',').map((hex) => Buffer.from(hex, 'hex'));
  return schema.primaryKey.map((column, position) => {
    const bytes = values[position] ?? Buffer.alloc(0);
    const name = identifier(column.name);
    if (cursorExtra(column)) return `${name} = ${literal(bytes.toString('utf8'))}`;
    return `${name} = ${cursorLiteral(column, cursorText(column, bytes))}`;
  });
}
