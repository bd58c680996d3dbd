import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { type Chunk, parseChunkIndex } from '../archive/chunk.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';

const gunzip = promisify(gunzipCallback);

/** A part's chunk index, by its version. @throws MalformedChunkIndex, ObjectDamaged */
export async function readChunkIndex(store: Pick<ObjectStore, 'read'>, part: ManifestPart): Promise<Chunk[]> {
  const bytes = await gunzip(await store.read(part.chunkIndex.key, part.chunkIndex.versionId));
  const chunks = parseChunkIndex(bytes.toString('utf8'));
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const bytesInAll = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  if (chunks.length !== part.chunks || rows !== part.rows || bytesInAll !== part.object.bytes)
    throw new ObjectDamaged(
      part.chunkIndex.key,
      `lists ${rows} rows in ${chunks.length} chunks, the part has ${part.rows} in ${part.chunks}`,
    );
  return chunks;
}
