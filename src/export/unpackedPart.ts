import { createHash, type Hash } from 'node:crypto';
import type { Chunk } from '../archive/chunk.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { otherBytes, unpackChunk } from '../partition/unpackChunk.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';

/** Members that are read ahead, so that the network, zlib's pool and whoever takes the chunks all have work. */
const membersUnderWay = 4;

/** A chunk as S3 returned it, and its number in its part. */
export interface UnpackedChunk {
  chunk: Chunk;
  number: number;
  /** Its bytes in the object. */
  member: Uint8Array;
  csv: Buffer;
}

/**
 * A part's chunks in their order, as its index lists them, by one GET of the version that was verified. Behind the last one
 * the SHA-256 of the object's bytes is compared, where the manifest has it: a chunk that is damaged is named before.
 * @throws ObjectDamaged
 */
export async function* unpackedPart(
  store: Pick<ObjectStore, 'stream'>,
  part: Pick<ManifestPart, 'object'>,
  chunks: readonly Chunk[],
): AsyncGenerator<UnpackedChunk> {
  const { key, versionId, sha256 } = part.object;
  const hash = createHash('sha256');
  const unpacking: (Omit<UnpackedChunk, 'csv'> & { csv: Promise<Buffer> })[] = [];
  let next = 0;
  for await (const member of membersOf(hashed(store.stream(key, versionId), hash), chunks)) {
    const number = next;
    const chunk = chunks[number];
    next++;
    if (!chunk) throw new ObjectDamaged(key, 'goes on after its last chunk');
    const csv = unpackChunk(key, chunk, `chunk ${number}`, member);
    csv.catch(() => undefined);
    unpacking.push({ chunk, number, member, csv });
    const oldest = unpacking.length >= membersUnderWay ? unpacking.shift() : undefined;
    if (oldest) yield { ...oldest, csv: await oldest.csv };
  }
  for (const each of unpacking) yield { ...each, csv: await each.csv };
  if (next !== chunks.length) throw new ObjectDamaged(key, `ends in chunk ${next} of ${chunks.length}`);
  if (sha256 !== undefined && hash.digest('hex') !== sha256) throw otherBytes(key);
}

async function* hashed(body: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
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
