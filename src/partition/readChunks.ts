import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { chunkDigest } from '../archive/chunk.ts';
import { type BoundedChunk, boundChunks } from '../archive/chunkBounds.ts';
import type { Encoding } from '../archive/column.ts';
import { digestCsv, sameDigest } from '../archive/digest.ts';
import type { Manifest } from '../archive/manifest.ts';
import { recodeCsv } from '../archive/recode.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';
import { readChunkIndex } from './readChunkIndex.ts';

const gunzip = promisify(gunzipCallback);

/** The chunks of one pass, in their places. */
export async function readChunks(store: ObjectStore, manifest: Manifest, pass: number): Promise<BoundedChunk[]> {
  const parts = [];
  for (const part of manifest.parts.filter((each) => each.pass === pass))
    parts.push({ part, chunks: await readChunkIndex(store, part) });
  return boundChunks(parts);
}

/** A chunk as S3 holds it: its bytes in the object, and its rows, proved against its digest. */
export interface ArchivedChunk {
  member: Buffer;
  csv: Buffer;
}

/** One ranged GET by version. @throws ObjectDamaged where the rows aren't those of the digest */
export async function readArchivedChunk(
  store: ObjectStore,
  manifest: Manifest,
  chunk: BoundedChunk,
  encodings: readonly Encoding[],
): Promise<ArchivedChunk> {
  const { part } = chunk;
  const { key, versionId } = part.object;
  const range = { start: chunk.offset, end: chunk.offset + chunk.bytes - 1 };
  const member = await store.read(key, { versionId, range });
  const csv = manifest.compression === 'gzip' ? await gunzip(member) : member;
  if (!sameDigest(digestCsv(csv, encodings.slice(0, part.width), manifest.salt), chunkDigest(chunk)))
    throw new ObjectDamaged(key, `the chunk at byte ${chunk.offset} isn't what its index says; restore its version`);
  return { member, csv };
}

/**
 * Gives chunks the digests that MySQL can still compute: of the rows without the values of columns that were dropped
 * since, from what S3 returns. Chunks before `next` are left as they are.
 */
export async function withoutDropped(
  store: ObjectStore,
  manifest: Manifest,
  chunks: readonly BoundedChunk[],
  next: number,
  encodings: readonly Encoding[],
  dropped: ReadonlySet<number>,
): Promise<void> {
  if (dropped.size === 0) return;
  for (const chunk of chunks.slice(next)) {
    const { csv } = await readArchivedChunk(store, manifest, chunk, encodings);
    const bare = recodeCsv(csv, chunk.part.width, { encodings: encodings.slice(0, chunk.part.width), blank: dropped });
    chunk.digest = digestCsv(bare, encodings.slice(0, chunk.part.width), manifest.salt);
  }
}
