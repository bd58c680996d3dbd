import type { Chunk } from '../archive/chunk.ts';
import { type Column, encodingOf } from '../archive/column.ts';
import type { Condition } from '../archive/rowFilter.ts';

/** Compares two values of a column as MySQL orders them; undefined where the order is a collation's. */
function compare({ dataType, name }: Column, one: string, other: string): number | undefined {
  if (/int$|^(decimal|year|bit)$/.test(dataType)) {
    // A double tells neighbours of large numbers apart no more: equal ones count as near.
    return Number(one) - Number(other);
  }
  if (/^(date|datetime|timestamp)$/.test(dataType) || encodingOf({ dataType, name }) === 'base64')
    return one < other ? -1 : one > other ? 1 : 0;
  return undefined;
}

/** Whether a chunk may hold a row that meets a condition over the primary key's first column. */
export function chunkMayHold(
  chunk: Pick<Chunk, 'minKey' | 'maxKey'>,
  column: Column,
  { value }: Pick<Condition, 'value'>,
): boolean {
  if (value === null) return false;
  const binary = encodingOf(column) === 'base64';
  const text =
    typeof value === 'string' ? (binary ? Buffer.from(value).toString('hex') : value) : value.toString('hex');
  // A time may be given without its fraction, which the index has in full.
  const least = compare(
    column,
    chunk.minKey,
    /^(datetime|timestamp)$/.test(column.dataType) ? `${text.replace(/\.$/, '')}~` : text,
  );
  const most = compare(column, chunk.maxKey, text);
  if (least === undefined || most === undefined || Number.isNaN(least) || Number.isNaN(most)) return true;
  return least <= 0 && most >= 0;
}
