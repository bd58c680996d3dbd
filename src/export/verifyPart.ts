import { createHash } from 'node:crypto';
import { type Chunk, chunkDigest } from '../archive/chunk.ts';
import type { Encoding } from '../archive/column.ts';
import { sameDigest } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { unpackChunk } from '../partition/unpackChunk.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';
import { digestChunk } from './digestPool.ts';

/** Members that are read ahead of their proof, so that the network, zlib's pool and the digest threads all have work. */
const membersUnderWay = 4;
/** Chunks in the digest pool at once: one per thread, and one for the thread that is done first. */
const digestsUnderWay = 2;

/** A chunk as S3 returned it. */
interface Returned {
  chunk: Chunk;
  number: number;
  csv: Promise<Buffer>;
}

/** A part's chunks, as its index lists them, and how their rows were written. */
export interface WrittenChunks {
  chunks: readonly Chunk[];
  encodings: readonly Encoding[];
  salt: string;
}

/**
 * Proves one part, chunk by chunk, in worker threads (pitfall P59: a blocked event loop stops the heartbeats).
 * @throws ObjectDamaged, and what `proved` throws
 */
export async function verifyPart(
  store: Pick<ObjectStore, 'stream'>,
  part: ManifestPart,
  written: WrittenChunks,
  proved: (rows: number) => void,
): Promise<void> {
  const { key, versionId } = part.object;
  const { chunks } = written;
  const hash = createHash('sha256');
  const unpacking: Returned[] = [];
  const digesting: Promise<void>[] = [];
  // The part's hash takes the chunks in their order; their digests are computed in parallel.
  const takeOldest = async () => {
    const oldest = unpacking.shift();
    if (!oldest) return;
    const csv = await oldest.csv;
    hash.update(csv);
    const digest = digestOf(key, oldest, csv, written).then(() => proved(oldest.chunk.rows));
    digest.catch(() => undefined);
    digesting.push(digest);
    if (digesting.length > digestsUnderWay) await digesting.shift();
  };
  let next = 0;
  for await (const member of membersOf(store.stream(key, versionId), chunks)) {
    const number = next;
    const chunk = chunks[number];
    next++;
    if (!chunk) throw new ObjectDamaged(key, 'goes on after its last chunk');
    const csv = unpackChunk(key, chunk, `chunk ${number}`, member);
    csv.catch(() => undefined);
    unpacking.push({ chunk, number, csv });
    if (unpacking.length >= membersUnderWay) await takeOldest();
  }
  while (unpacking.length > 0) await takeOldest();
  await Promise.all(digesting);
  if (next !== chunks.length) throw new ObjectDamaged(key, `ends in chunk ${next} of ${chunks.length}`);
  if (hash.digest('hex') !== part.sha256) throw new ObjectDamaged(key, 'its SHA-256 is another');
}

/** Compares one chunk with MySQL's own digest of it. @throws ObjectDamaged */
async function digestOf(
  key: string,
  { chunk, number }: Returned,
  csv: Buffer,
  { encodings, salt }: WrittenChunks,
): Promise<void> {
  const { digest, damage } = await digestChunk({ csv, encodings, salt });
  if (damage !== undefined) throw new ObjectDamaged(key, `chunk ${number}: ${damage}`);
  if (!sameDigest(digest, chunkDigest(chunk)))
    throw new ObjectDamaged(key, `chunk ${number} isn't what MySQL says it was; the day is to be exported again`);
}

/** Cuts an object's body at the ends of its chunks. Each member has its own memory; bytes behind the last chunk come as one more. */
async function* membersOf(
  body: AsyncIterable<Uint8Array>,
  chunks: readonly Chunk[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let next = 0;
  let member = new Uint8Array(chunks[0]?.bytes ?? 0);
  let filled = 0;
  for await (const piece of body)
    for (let at = 0; at < piece.length; ) {
      if (next === chunks.length) {
        yield new Uint8Array(piece.subarray(at));
        return;
      }
      const taken = Math.min(piece.length - at, member.length - filled);
      member.set(piece.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < member.length) continue;
      yield member;
      next++;
      filled = 0;
      member = new Uint8Array(chunks[next]?.bytes ?? 0);
    }
}
