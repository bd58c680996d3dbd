import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { type Chunk, chunkDigest } from '../archive/chunk.ts';
import { type Encoding, encodingOf } from '../archive/column.ts';
import { digestCsv, sameDigest } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';
import { type Attempt, type PartitionInput, Stopped } from './attempt.ts';
import { readChunkIndex } from './chunkIndex.ts';
import { openArchived, partitionOf, type Source } from './source.ts';

const gunzip = promisify(gunzipCallback);

export interface VerifyResult {
  rows: number;
  chunks: number;
  bytes: number;
}

/** Reads every object back by its version and holds each chunk, as S3 returned it, against MySQL's own digest. No sampling. */
export async function verifyPartition(source: Source, input: PartitionInput, attempt: Attempt): Promise<VerifyResult> {
  const { policy, key } = partitionOf(source, input);
  return source.withLedger(async (ledger) => {
    const before = await ledger.readPartition(key);
    const parts = await ledger.readParts(key);
    const result = { rows: 0, chunks: 0, bytes: 0 };
    if (before?.state !== 'exported')
      return parts.reduce(
        (sum, part) => ({
          rows: sum.rows + part.rows,
          chunks: sum.chunks + part.chunks,
          bytes: sum.bytes + part.object.bytes,
        }),
        result,
      );
    const { schema } = await openArchived(ledger, policy);
    if (schema.fingerprint !== before.fingerprint)
      throw new Stopped(`${input.table} ${key.day}: the columns changed while it was exported; run the day again`);
    const encodings = schema.columns.map(encodingOf);
    for (const part of parts) {
      const chunks = await readChunkIndex(source.store, part);
      await verifyPart(source.store, part, chunks, encodings, before.salt, policy.compression, (rows) => {
        attempt.signal.throwIfAborted();
        result.rows += rows;
        result.chunks++;
        attempt.beat({ rows: result.rows, part: part.part });
      });
      result.bytes += part.object.bytes;
      attempt.count?.('verified', part.rows, part.uncompressedBytes);
    }
    await ledger.session.transaction(async () => {
      await ledger.holdEpoch(key, before.epoch, 'verified');
      await ledger.setState(key, 'verified');
    });
    return result;
  });
}

export async function verifyPart(
  store: ObjectStore,
  part: ManifestPart,
  chunks: readonly Chunk[],
  encodings: readonly Encoding[],
  salt: string,
  compression: 'gzip' | 'none',
  proved: (rows: number) => void,
): Promise<void> {
  const hash = createHash('sha256');
  const { key, versionId } = part.object;
  let held: Buffer = Buffer.alloc(0);
  let next = 0;
  for await (const piece of store.stream(key, versionId)) {
    held = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece]);
    for (let chunk = chunks[next]; chunk && held.length >= chunk.bytes; chunk = chunks[next]) {
      const member = held.subarray(0, chunk.bytes);
      held = held.subarray(chunk.bytes);
      const csv = compression === 'gzip' ? await unpack(key, member, next) : member;
      hash.update(csv);
      if (csv.length !== chunk.uncompressedBytes || !sameDigest(digestCsv(csv, encodings, salt), chunkDigest(chunk)))
        throw new ObjectDamaged(key, `chunk ${next} isn't what MySQL says it was; the day is to be exported again`);
      proved(chunk.rows);
      next++;
    }
  }
  if (next !== chunks.length || held.length > 0)
    throw new ObjectDamaged(key, `ends in chunk ${next} of ${chunks.length}`);
  if (hash.digest('hex') !== part.sha256) throw new ObjectDamaged(key, 'its SHA-256 is another');
}

async function unpack(key: string, member: Buffer, chunk: number): Promise<Buffer> {
  try {
    return await gunzip(member);
  } catch {
    throw new ObjectDamaged(key, `chunk ${chunk} is no gzip member`);
  }
}
