import type { Chunk } from '../archive/chunk.ts';
import { type Column, encodingOf } from '../archive/column.ts';
import type { Condition } from '../archive/rowFilter.ts';
import { compareKeys } from './keyOrder.ts';

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
  const least = compareKeys(
    column,
    chunk.minKey,
    /^(datetime|timestamp)$/.test(column.dataType) ? `${text.replace(/\.$/, '')}~` : text,
  );
  const most = compareKeys(column, chunk.maxKey, text);
  if (least === undefined || most === undefined || Number.isNaN(least) || Number.isNaN(most)) return true;
  return least <= 0 && most >= 0;
}
