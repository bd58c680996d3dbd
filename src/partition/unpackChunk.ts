import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { type Chunk, chunkDigest } from '../archive/chunk.ts';
import { type Digest, sameDigest } from '../archive/digest.ts';
import { compressionOf } from '../archive/keys.ts';
import { messageOf } from '../model/error.ts';
import { ObjectDamaged } from '../s3/errors.ts';

const gunzip = promisify(gunzipCallback);

/** Largest buffer to allocate on the word of a chunk index, which may be corrupt. Larger chunks are unpacked in pieces. */
const largestPiece = 64 << 20;

/**
 * A chunk's CSV, from its bytes in the object under `key`. The key says how the object was compressed, because a policy's
 * compression may be edited between two parts. Unpacks off the event loop, and never to more bytes than the chunk had.
 *
 * @param name how messages call the chunk
 * @throws ObjectDamaged
 */
export async function unpackChunk(
  key: string,
  { uncompressedBytes }: Pick<Chunk, 'uncompressedBytes'>,
  name: string,
  member: Uint8Array,
): Promise<Buffer> {
  if (compressionOf(key) === 'none') return Buffer.from(member.buffer, member.byteOffset, member.byteLength);
  // With room for one more byte, zlib doesn't allocate a second piece.
  const chunkSize = Math.max(1 << 14, Math.min(uncompressedBytes + 1, largestPiece));
  try {
    const csv = await gunzip(member, { chunkSize, maxOutputLength: uncompressedBytes });
    if (csv.length === uncompressedBytes) return csv;
    throw new Error(`${csv.length} bytes of CSV where ${uncompressedBytes} were written`);
  } catch (cause) {
    throw new ObjectDamaged(key, `${name}: ${messageOf(cause)}`, { cause });
  }
}

/** @throws ObjectDamaged where a chunk's rows aren't those of its index */
export function requireIndexed(key: string, chunk: Chunk, found: Digest): void {
  if (!sameDigest(found, chunkDigest(chunk))) throw notIndexed(key, chunk);
}

/** What S3 returned has other rows than the chunk index says. */
export function notIndexed(key: string, { offset }: Chunk): ObjectDamaged {
  return new ObjectDamaged(key, `the chunk at byte ${offset} isn't what its index says; restore its version`);
}

/** What S3 returned isn't what was sent, though its rows may be. */
export function otherBytes(key: string): ObjectDamaged {
  return new ObjectDamaged(key, 'the SHA-256 of its bytes isn’t the one that was recorded; restore its version');
}
