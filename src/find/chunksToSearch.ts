import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import type { Condition } from '../archive/rowFilter.ts';
import type { Source } from '../job/source.ts';
import { readChunkIndex } from '../partition/readChunkIndex.ts';
import type { ChunkOfPart } from '../partition/readChunks.ts';
import { chunkMayHold } from './chunkMayHold.ts';

/** A chunk, and its place among those of its part, from 0. */
export interface SearchedChunk {
  chunk: ChunkOfPart;
  index: number;
}

/** A part's chunks that may hold a row that meets the conditions, by their smallest and largest key. */
export async function chunksToSearch(
  { store }: Pick<Source, 'store'>,
  manifest: Manifest,
  part: ManifestPart,
  conditions: readonly Condition[],
): Promise<SearchedChunk[]> {
  const first = manifest.columns.find(({ name }) => name === manifest.primaryKey[0]);
  const own = conditions.filter(({ column }) => column === first?.name);
  const chunks = await readChunkIndex(store, part);
  return chunks.flatMap((chunk, index) =>
    !first || own.every((condition) => chunkMayHold(chunk, first, condition))
      ? [{ chunk: { ...chunk, part }, index }]
      : [],
  );
}
