import { MalformedChunkIndex } from '../archive/chunk.ts';
import { encodingOf } from '../archive/column.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { openArchived } from '../checks/openTable.ts';
import { Stopped } from '../job/attempt.ts';
import { backfillCommand } from '../job/backfillCommand.ts';
import type { Job } from '../job/job.ts';
import { provedParts, setProved } from '../ledger/days/provedParts.ts';
import { formatTableName } from '../model/tableName.ts';
import { readChunkIndex } from '../partition/readChunkIndex.ts';
import { ObjectDamaged, ObjectTruncated } from '../s3/errors.ts';
import { verifyPart } from './verifyPart.ts';

export interface VerifyResult {
  rows: number;
  chunks: number;
  bytes: number;
}

/** An object in S3 isn't what was written. Not retried: the day is exported again from that part on. */
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

/**
 * Reads every object back by its version and holds each chunk, as S3 returned it, against MySQL's own digest. No sampling.
 * What was proved is kept part by part: a retry goes on behind it.
 */
export async function verifyDay(job: Job): Promise<VerifyResult> {
  const { source, ledger, policy, key, attempt } = job;
  const dayName = `${formatTableName(key)} ${key.day}`;
  const { schema } = await openArchived(ledger, policy, { config: source.config });
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
  if (schema.fingerprint !== before.fingerprint)
    throw new Stopped(`${dayName}: the columns changed while it was exported; run the day again:`, {
      command: backfillCommand(key),
    });
  const written = { encodings: schema.columns.map(encodingOf), salt: before.salt };
  const proved = await provedParts(ledger, key);
  for (const part of parts) {
    result.rows += part.rows;
    result.chunks += part.chunks;
    result.bytes += part.object.bytes;
    if (proved.has(part.part)) continue;
    const prove = async () => {
      const chunks = await readChunkIndex(source.store, part);
      await verifyPart(source.store, part, { chunks, ...written }, () => {
        attempt.signal.throwIfAborted();
        attempt.heartbeat({ rows: result.rows, part: part.part });
      });
    };
    const damage = await damageOf(prove);
    // Read once more, because it may have been damaged on the network and be whole in S3.
    const again = damage && (await damageOf(prove));
    // The epoch is the fence, and not the connection, which has had nothing to say while S3 was read.
    await ledger.session.revive();
    if (again) {
      await forget(job, before.epoch, parts, part);
      throw new PartDamaged(dayName, part.part, again);
    }
    await setProved(ledger, key, before.epoch, part.part);
    attempt.count?.('verified', part.rows, part.uncompressedBytes);
  }
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, before.epoch, 'verified');
    await ledger.setState(key, 'verified');
  });
  return result;
}

/** Only what S3 returned may count as damage. Any other error is thrown on (pitfall P13). */
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

/** Marks the damaged part and those behind it for removal. The export continues after the last part that is whole. @throws Fenced */
async function forget(
  { ledger, key }: Job,
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
