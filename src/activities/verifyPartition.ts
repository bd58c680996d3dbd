import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { type Chunk, chunkDigest, MalformedChunkIndex } from '../archive/chunk.ts';
import { type Encoding, encodingOf } from '../archive/column.ts';
import { sameDigest } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import type { Ledger, PartitionKey } from '../mysql/ledger.ts';
import { ObjectDamaged, ObjectTruncated } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';
import { type Attempt, type PartitionInput, Stopped } from './attempt.ts';
import { readChunkIndex } from './chunkIndex.ts';
import { Prover } from './prover.ts';
import { openArchived, partitionOf, type Source } from './source.ts';

const gunzip = promisify(gunzipCallback);

/** Members read ahead of their proof: the network, the pool that unpacks and the threads that digest all have work. */
const membersUnderWay = 4;
/** Digesting takes twice as long as all else about a chunk. */
const threadsAPart = 2;
/** Bytes that are set aside at the word of a chunk index; larger chunks come in pieces. */
const largestPiece = 64 << 20;

export interface VerifyResult {
  rows: number;
  chunks: number;
  bytes: number;
}

/** An object in S3 isn't what was written. Not retried: the day is exported again from there. */
export class PartDamaged extends Stopped {
  override readonly name = 'PartDamaged';
  constructor(
    readonly partition: string,
    readonly part: number,
    cause: Error,
  ) {
    super(`${partition}: part ${part} came back damaged twice; it is exported again (${cause.message})`);
    this.cause = cause;
  }
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
      const prove = async () => {
        const chunks = await readChunkIndex(source.store, part);
        await verifyPart(source.store, part, chunks, encodings, before.salt, policy.compression, () => {
          attempt.signal.throwIfAborted();
          attempt.beat({ rows: result.rows, part: part.part });
        });
      };
      const damage = await damageOf(prove);
      // Once more, for what came damaged over the network is whole in S3.
      const again = damage && (await damageOf(prove));
      if (again) {
        await forget(ledger, key, before.epoch, parts, part);
        throw new PartDamaged(`${input.table} ${key.day}`, part.part, again);
      }
      result.rows += part.rows;
      result.chunks += part.chunks;
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

/** What came back is another thing than what was written; anything else that goes wrong is thrown on (P13). */
async function damageOf(prove: () => Promise<void>): Promise<Error | undefined> {
  try {
    await prove();
    return undefined;
  } catch (error) {
    if (error instanceof ObjectDamaged && !(error instanceof ObjectTruncated)) return error;
    if (error instanceof MalformedChunkIndex) return error;
    throw error;
  }
}

/** The damaged part and those behind it are condemned; the export goes on from the last part that is whole. @throws Fenced */
async function forget(
  ledger: Ledger,
  key: PartitionKey,
  epoch: number,
  parts: readonly ManifestPart[],
  damaged: ManifestPart,
): Promise<void> {
  await ledger.session.transaction(async () => {
    const row = await ledger.holdEpoch(key, epoch, 'exporting');
    await ledger.takeEpoch(key, row, 'exporting');
    for (const part of parts.filter((each) => each.part >= damaged.part))
      for (const object of [part.object, part.chunkIndex]) await ledger.condemn(object.key, epoch);
    await ledger.forgetParts(key, damaged.part);
  });
}

/** Proves one part, chunk by chunk, in threads beside the event loop (P59). @throws ObjectDamaged, and what `proved` throws */
export function verifyPart(
  store: ObjectStore,
  part: ManifestPart,
  chunks: readonly Chunk[],
  encodings: readonly Encoding[],
  salt: string,
  compression: 'gzip' | 'none',
  proved: (rows: number) => void,
): Promise<void> {
  return Prover.lend(Math.min(threadsAPart, chunks.length), (provers) =>
    provePart(store, provers, part, chunks, { encodings, salt, compression, proved }),
  );
}

interface Proof {
  encodings: readonly Encoding[];
  salt: string;
  compression: 'gzip' | 'none';
  proved: (rows: number) => void;
}

async function provePart(
  store: ObjectStore,
  provers: readonly Prover[],
  part: ManifestPart,
  chunks: readonly Chunk[],
  { encodings, salt, compression, proved }: Proof,
): Promise<void> {
  const { key, versionId } = part.object;
  const hash = createHash('sha256');
  const underWay: Promise<void>[] = [];
  const waiting: { chunk: Chunk; number: number; csv: Promise<Buffer> }[] = [];
  /** The hash goes over the chunks in their order; their digests are found side by side. */
  const digestOldest = async () => {
    const oldest = waiting.shift();
    if (!oldest) return;
    const { chunk, number } = oldest;
    const csv = await oldest.csv;
    if (csv.length !== chunk.uncompressedBytes)
      throw new ObjectDamaged(
        key,
        `chunk ${number}: ${csv.length} bytes of CSV where ${chunk.uncompressedBytes} were written`,
      );
    hash.update(csv);
    const prover = provers[number % provers.length] as Prover;
    const proof = prover.digest({ csv, encodings, salt }).then(({ digest, damage }) => {
      if (damage !== undefined) throw new ObjectDamaged(key, `chunk ${number}: ${damage}`);
      if (!sameDigest(digest, chunkDigest(chunk)))
        throw new ObjectDamaged(key, `chunk ${number} isn't what MySQL says it was; the day is to be exported again`);
      proved(chunk.rows);
    });
    proof.catch(() => undefined);
    underWay.push(proof);
    if (underWay.length > provers.length) await underWay.shift();
  };
  let next = 0;
  for await (const member of membersOf(store.stream(key, versionId), chunks)) {
    const [number, chunk] = [next, chunks[next++]];
    if (!chunk) throw new ObjectDamaged(key, 'goes on after its last chunk');
    const csv =
      compression === 'gzip' ? unpack(member, chunk, key, number) : Promise.resolve(Buffer.from(member.buffer));
    csv.catch(() => undefined);
    waiting.push({ chunk, number, csv });
    if (waiting.length >= membersUnderWay) await digestOldest();
  }
  while (waiting.length > 0) await digestOldest();
  await Promise.all(underWay);
  if (next !== chunks.length) throw new ObjectDamaged(key, `ends in chunk ${next} of ${chunks.length}`);
  if (hash.digest('hex') !== part.sha256) throw new ObjectDamaged(key, 'its SHA-256 is another');
}

/** Unpacks a member off the event loop, in one piece where it isn't huge; never more than the chunk held. @throws ObjectDamaged */
async function unpack(member: Uint8Array, { uncompressedBytes }: Chunk, key: string, number: number): Promise<Buffer> {
  // With room for one byte more zlib needn't ask for a second piece.
  const chunkSize = Math.max(1 << 14, Math.min(uncompressedBytes + 1, largestPiece));
  try {
    return await gunzip(member, { chunkSize, maxOutputLength: uncompressedBytes });
  } catch (error) {
    throw new ObjectDamaged(key, `chunk ${number}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Cuts an object's body at its chunks' ends, each member in memory of its own; what lies beyond the last comes as one more. */
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
