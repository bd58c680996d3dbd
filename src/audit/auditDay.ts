import { encodingOf } from '../archive/column.ts';
import { mergeDigests, sameDigest } from '../archive/digest.ts';
import { manifestKey } from '../archive/keys.ts';
import type { Manifest } from '../archive/manifest.ts';
import { requireRecorded } from '../checks/openTable.ts';
import { rereadPart } from '../export/rereadPart.ts';
import type { Job } from '../job/job.ts';
import type { Source } from '../job/source.ts';
import { isStop } from '../job/stops.ts';
import { type Audit, recordAudit } from '../ledger/audits.ts';
import { undatedDay } from '../model/day.ts';
import { messageOf } from '../model/error.ts';
import { requireObjects } from '../partition/open/openManifest.ts';
import { readChunkIndex } from '../partition/readChunkIndex.ts';
import { readManifest } from '../partition/readManifest.ts';
import { ObjectDamaged } from '../s3/errors.ts';
import { pacedStore, ReadPace, type ReadStore } from './pacedStore.ts';

const readingsAtMost = 5;

type Reading = Pick<Job, 'source' | 'key' | 'attempt'>;

/**
 * Reads a whole day back from S3: every object must be the version that readers see, and hold the very rows whose
 * digests MySQL computed when they were written. A finding is recorded and returned; the archive is never changed.
 */
export async function auditDay({ source, policy, key, attempt }: Omit<Job, 'ledger'>): Promise<Audit> {
  await source.withLedger((ledger) => requireRecorded(ledger, policy, source.config));
  const audit = await readAtRest({ source, key, attempt }, manifestKey(source.folderOf(policy), key.day));
  await source.withLedger((ledger) => recordAudit(ledger, key, audit));
  return audit;
}

/** Reads a day again if its manifest changed meanwhile, because a heal moves away the objects that it replaces. */
async function readAtRest(reading: Reading, objectKey: string): Promise<Audit> {
  const { source } = reading;
  for (let readings = 1; readings <= readingsAtMost; readings++) {
    const audit: Audit = { rows: 0, bytes: 0, finding: null };
    const before = await source.store.head(objectKey);
    try {
      await readBack(reading, objectKey, audit);
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

/** Of a process: all its audits of a source together read no faster than the config says. */
const paces = new WeakMap<Source, ReadPace>();

function storeOf(source: Source, signal: AbortSignal): ReadStore {
  const bytesPerSecond = source.config.audit?.bytesPerSecond;
  if (bytesPerSecond === undefined) return source.store;
  const pace = paces.get(source) ?? new ReadPace(bytesPerSecond);
  paces.set(source, pace);
  return pacedStore(source.store, pace, signal);
}

/** What is wrong with the numbers of a manifest's revisions; undefined where each follows the one before, up to the ledger's. */
export function brokenChain(manifest: Pick<Manifest, 'day' | 'revision' | 'heals'>, known: number): string | undefined {
  const expected = Array.from({ length: manifest.revision - 1 }, (_, index) => index + 2);
  const found = manifest.heals.map(({ revision }) => revision);
  // The archive of the rows without a day is written again as a whole: it has revisions and tells of none.
  if (manifest.day !== undatedDay && found.join() !== expected.join())
    return `has revision ${manifest.revision} and tells of revisions ${found.join(', ') || 'none'}: its chain is broken`;
  // An attempt may have died between the manifest and the ledger: whoever opens the day brings the ledger forward.
  if (manifest.revision === known || manifest.revision === known + 1) return undefined;
  return `has revision ${manifest.revision}, and the ledger knows ${known}: put its newest version back`;
}

async function readBack({ source, key, attempt }: Reading, objectKey: string, audit: Audit): Promise<void> {
  const store = storeOf(source, attempt.signal);
  const standing = await source.store.head(objectKey);
  if (!standing) throw new ObjectDamaged(objectKey, 'is gone; put it back from its versions');
  const manifest = await readManifest(source.store, objectKey, standing.versionId);
  const row = await source.withLedger((ledger) => ledger.readPartition(key));
  const broken = row && brokenChain(manifest, row.revision);
  if (broken) throw new ObjectDamaged(objectKey, broken);
  await requireObjects(source, manifest, objectKey);
  const encodings = manifest.columns.map(encodingOf);
  for (const part of manifest.parts) {
    const chunks = await readChunkIndex(store, part);
    const { salt } = manifest;
    const written = { chunks, encodings: encodings.slice(0, part.width), salt };
    await rereadPart(store, part, written, (rows) => {
      attempt.signal.throwIfAborted();
      audit.rows += rows;
      attempt.heartbeat({ rows: audit.rows, part: part.part });
    });
    audit.bytes += part.object.bytes;
  }
  if (!sameDigest(mergeDigests(manifest.parts), { rows: manifest.rows, xor: manifest.xor }))
    throw new ObjectDamaged(objectKey, 'its parts don’t add up to its own rows and digest');
}
