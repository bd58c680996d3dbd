import { createHash } from 'node:crypto';
import { type Chunk, chunkDigest } from '../archive/chunk.ts';
import type { Encoding } from '../archive/column.ts';
import { sameDigest } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';
import { digestChunk } from './digestPool.ts';
import { type UnpackedChunk, unpackedPart } from './unpackedPart.ts';

/** Chunks in the digest pool at once: one per thread, and one for the thread that is done first. */
const digestsUnderWay = 2;

/** A part's chunks, as its index lists them, and how their rows were written. */
export interface WrittenChunks {
  chunks: readonly Chunk[];
  encodings: readonly Encoding[];
  salt: string;
}

/**
 * Proves one part, chunk by chunk, in worker threads (pitfall P59: a blocked event loop stops the heartbeats). What was
 * unpacked are the very bytes that were sent, where their SHA-256 was recorded: rereadPart relies on that.
 * @throws ObjectDamaged, and what `proved` throws
 */
export async function verifyPart(
  store: Pick<ObjectStore, 'stream'>,
  part: ManifestPart,
  written: WrittenChunks,
  proved: (rows: number) => void,
): Promise<void> {
  const { key } = part.object;
  const hash = createHash('sha256');
  const digesting: Promise<void>[] = [];
  // The part's hash takes the chunks in their order; their digests are computed in parallel.
  try {
    for await (const unpacked of unpackedPart(store, part, written.chunks)) {
      hash.update(unpacked.csv);
      const digest = digestOf(key, unpacked, written).then(() => proved(unpacked.chunk.rows));
      digest.catch(() => undefined);
      digesting.push(digest);
      if (digesting.length > digestsUnderWay) await digesting.shift();
    }
  } finally {
    // Also where the bytes are damaged: the chunk whose rows differ says more.
    await Promise.all(digesting);
  }
  if (hash.digest('hex') !== part.sha256) throw new ObjectDamaged(key, 'its SHA-256 is another');
}

/** Compares one chunk with MySQL's own digest of it. @throws ObjectDamaged */
async function digestOf(
  key: string,
  { chunk, number, csv }: UnpackedChunk,
  { encodings, salt }: WrittenChunks,
): Promise<void> {
  const { digest, damage } = await digestChunk({ csv, encodings, salt });
  if (damage !== undefined) throw new ObjectDamaged(key, `chunk ${number}: ${damage}`);
  if (!sameDigest(digest, chunkDigest(chunk)))
    throw new ObjectDamaged(key, `chunk ${number} isn't what MySQL says it was; the day is to be exported again`);
}
