import { encodingOf } from '../archive/column.ts';
import { mergeDigests, sameDigest } from '../archive/digest.ts';
import { manifestKey } from '../archive/keys.ts';
import { requireRecorded } from '../checks/openTable.ts';
import { verifyPart } from '../export/verifyPart.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import type { Source } from '../job/source.ts';
import { isStop } from '../job/stops.ts';
import { type Audit, recordAudit } from '../ledger/audits.ts';
import { messageOf } from '../model/error.ts';
import { requireObjects } from '../partition/open/openManifest.ts';
import { readChunkIndex } from '../partition/readChunkIndex.ts';
import { readManifest } from '../partition/readManifest.ts';
import { ObjectDamaged } from '../s3/errors.ts';

const readingsAtMost = 5;

/**
 * Reads a whole day back from S3: every object must be the version that readers see, and every chunk must have the digest
 * that MySQL computed when it was written. A finding is recorded and returned; the archive is never changed.
 */
export async function auditDay({ source, policy, key, attempt }: Omit<Job, 'ledger'>): Promise<Audit> {
  await source.withLedger((ledger) => requireRecorded(ledger, policy, source.config));
  const audit = await readAtRest(source, manifestKey(source.folderOf(policy), key.day), attempt);
  await source.withLedger((ledger) => recordAudit(ledger, key, audit));
  return audit;
}

/** Reads a day again if its manifest changed meanwhile, because a heal moves away the objects that it replaces. */
async function readAtRest(source: Source, objectKey: string, attempt: Attempt): Promise<Audit> {
  for (let reading = 1; reading <= readingsAtMost; reading++) {
    const audit: Audit = { rows: 0, bytes: 0, finding: null };
    const before = await source.store.head(objectKey);
    try {
      await readBack(source, objectKey, audit, attempt);
      return audit;
    } catch (error) {
      // A store that doesn't answer isn't a finding (pitfall P13).
      if (!(error instanceof ObjectDamaged) && !isStop(error)) throw error;
      audit.finding = messageOf(error);
      if ((await source.store.head(objectKey))?.etag === before?.etag) return audit;
    }
  }
  throw new Error(`${objectKey} was written again under each of ${readingsAtMost} readings; it is read again later`);
}

async function readBack(source: Source, objectKey: string, audit: Audit, attempt: Attempt): Promise<void> {
  const standing = await source.store.head(objectKey);
  if (!standing) throw new ObjectDamaged(objectKey, 'is gone; put it back from its versions');
  const manifest = await readManifest(source.store, objectKey, standing.versionId);
  await requireObjects(source, manifest, objectKey);
  const encodings = manifest.columns.map(encodingOf);
  for (const part of manifest.parts) {
    const chunks = await readChunkIndex(source.store, part);
    const { salt } = manifest;
    const written = { chunks, encodings: encodings.slice(0, part.width), salt };
    await verifyPart(source.store, part, written, (rows) => {
      attempt.signal.throwIfAborted();
      audit.rows += rows;
      attempt.heartbeat({ rows: audit.rows, part: part.part });
    });
    audit.bytes += part.object.bytes;
  }
  if (!sameDigest(mergeDigests(manifest.parts), { rows: manifest.rows, xor: manifest.xor }))
    throw new ObjectDamaged(objectKey, 'its parts don’t add up to its own rows and digest');
}
