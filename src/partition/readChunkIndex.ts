import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { type Chunk, parseChunkIndex } from '../archive/chunk.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';
import { otherBytes } from './unpackChunk.ts';

const gunzip = promisify(gunzipCallback);

/** A part's chunk index, by its version, and as it was written where the manifest has its SHA-256. @throws MalformedChunkIndex, ObjectDamaged */
export async function readChunkIndex(store: Pick<ObjectStore, 'read'>, part: ManifestPart): Promise<Chunk[]> {
  const { key, versionId, sha256 } = part.chunkIndex;
  const body = await store.read(key, versionId);
  if (sha256 !== undefined && createHash('sha256').update(body).digest('hex') !== sha256) throw otherBytes(key);
  const bytes = await gunzip(body);
  const chunks = parseChunkIndex(bytes.toString('utf8'), sha256 !== undefined);
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const bytesInAll = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  if (chunks.length !== part.chunks || rows !== part.rows || bytesInAll !== part.object.bytes)
    throw new ObjectDamaged(
      key,
      `lists ${rows} rows in ${chunks.length} chunks, the part has ${part.rows} in ${part.chunks}`,
    );
  return chunks;
}
