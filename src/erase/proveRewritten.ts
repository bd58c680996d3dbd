import { boundChunks } from '../archive/chunkBounds.ts';
import { encodingOf } from '../archive/column.ts';
import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import { rereadPart } from '../export/rereadPart.ts';
import { verifyPart } from '../export/verifyPart.ts';
import { readChunkIndex } from '../partition/readChunkIndex.ts';
import { readArchivedChunk } from '../partition/readChunks.ts';
import type { ObjectStore } from '../s3/store.ts';

/** A part that was written again. */
export interface RewrittenPart {
  part: ManifestPart;
  /** The numbers of the chunks that were compressed anew; the others are the bytes of the old part. */
  fresh: ReadonlySet<number>;
}

/**
 * Reads a new part back before a manifest names it. S3 must have the very bytes that were sent: so the chunks that were
 * copied are what they were in the old part, whose bytes were compared while they were copied. Chunks that were compressed
 * anew are unpacked and digested; where they are most of the part, all are, in threads.
 * @throws ObjectDamaged, and what `proved` throws
 */
export async function proveRewritten(
  store: ObjectStore,
  manifest: Manifest,
  { part, fresh }: RewrittenPart,
  proved: (rows: number) => void,
): Promise<void> {
  const encodings = manifest.columns.map(encodingOf);
  const chunks = await readChunkIndex(store, part);
  const written = { chunks, encodings: encodings.slice(0, part.width), salt: manifest.salt };
  if (fresh.size * 2 > chunks.length) return verifyPart(store, part, written, proved);
  await rereadPart(store, part, written, proved);
  for (const [number, chunk] of boundChunks([{ part, chunks }]).entries())
    if (fresh.has(number)) await readArchivedChunk(store, manifest, chunk, encodings);
}
