import type { BoundedChunk } from '../archive/chunkBounds.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';

/**
 * The chunks that may hold some of these keys, by the smallest and largest value of the primary key's first column. Only
 * whole numbers are compared here: the order of other types is the server's.
 * @param keys as `rowKey` writes them
 */
export function chunksNear(
  chunks: readonly BoundedChunk[],
  keys: readonly string[],
  { primaryKey }: Pick<TableSchema, 'primaryKey'>,
): readonly BoundedChunk[] {
  if (!primaryKey[0]?.dataType.endsWith('int')) return chunks;
  let low: bigint | undefined;
  let high: bigint | undefined;
  for (const key of keys) {
    const value = BigInt(Buffer.from(key.split(',')[0] ?? '', 'hex').toString('latin1'));
    if (low === undefined || value < low) low = value;
    if (high === undefined || value > high) high = value;
  }
  if (low === undefined || high === undefined) return [];
  return chunks.filter(({ minKey, maxKey }) => BigInt(minKey) <= high && BigInt(maxKey) >= low);
}
