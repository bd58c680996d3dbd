import { createHash } from 'node:crypto';
import { chunkDigest } from '../archive/chunk.ts';
import { mergeDigests, sameDigest } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';
import { unpackedPart } from './unpackedPart.ts';
import { verifyPart, type WrittenChunks } from './verifyPart.ts';

/**
 * Whether a part's rows are still those that were proved before its manifest named it. Its SHA-256 was computed while
 * MySQL's digest of each chunk was compared, so the same SHA-256 says the same of every row, for a third of the processor
 * time; where it is another, the chunks are proved one by one, so that the finding names the one that differs.
 * @throws ObjectDamaged, and what `read` throws
 */
export async function rereadPart(
  store: Pick<ObjectStore, 'stream'>,
  part: ManifestPart,
  written: WrittenChunks,
  read: (rows: number) => void,
): Promise<void> {
  const { key } = part.chunkIndex;
  if (!sameDigest(mergeDigests(written.chunks.map(chunkDigest)), part))
    throw new ObjectDamaged(key, 'its chunks don’t add up to the part’s own rows and digest');
  const hash = createHash('sha256');
  for await (const { chunk, csv } of unpackedPart(store, part, written.chunks)) {
    hash.update(csv);
    read(chunk.rows);
  }
  if (hash.digest('hex') !== part.sha256) await verifyPart(store, part, written, () => read(0));
}
