import { isDeepStrictEqual } from 'node:util';
import { dayPrefix, manifestKey } from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { Stopped } from '../../job/attempt.ts';
import type { Job } from '../../job/job.ts';
import type { Source } from '../../job/source.ts';
import type { Partition, PartitionKey, Revision } from '../../ledger/ledger.ts';
import { formatTableName } from '../../model/tableName.ts';
import { rewindCommand, WentBackInTime } from '../purgeTrace.ts';
import { readManifest } from '../readManifest.ts';
import { abortUploads, moveSuperseded, namedObjects, sweep } from '../removeObjects.ts';

export interface OpenedManifest {
  manifest: Manifest;
  /** The partition's row, brought forward to the manifest in S3. */
  row: Partition;
  etag: string;
}

/** A manifest that the ledger can't have come from. */
export function manifestFromFuture(key: PartitionKey, manifestEpoch: number, ledgerEpoch: number): WentBackInTime {
  return new WentBackInTime(
    key,
    `the manifest in S3 was written under epoch ${manifestEpoch}, the ledger knows ${ledgerEpoch}`,
  );
}

/**
 * Reads the day's manifest, for an attempt that has raised the epoch. Uploads of overtaken attempts are aborted first, so
 * that none can publish afterwards. A manifest that is newer than the ledger brings the ledger forward, and objects that
 * were being replaced are moved. Every object that it names must be, to every reader, the version that was verified
 * (pitfall P64: a GET by version succeeds beneath a delete marker).
 * @param epochBefore the epoch that was read under the lock before it was taken forward
 * @throws Stopped
 */
export async function openManifest(job: Job, held: Partition, epochBefore: number): Promise<OpenedManifest> {
  const { source, ledger, policy, key, attempt } = job;
  const dayName = `${formatTableName(key)} ${key.day}`;
  const objectKey = manifestKey(source.folderOf(policy), key.day);
  const prefix = dayPrefix(source.folderOf(policy), key.day);
  await abortUploads(source, prefix, attempt);
  const standing = await source.store.head(objectKey);
  if (!standing)
    throw new Stopped(
      `${dayName}: ${objectKey} is gone from bucket ${source.store.bucket}, and nothing is deleted without its proof: ` +
        'put it back from its versions, or store.bucket where that was edited, then go on',
    );
  const manifest = await readManifest(source.store, objectKey, standing.versionId);
  const version = standing.versionId ?? standing.etag;
  if (
    manifest.source.database !== key.database ||
    manifest.source.table !== key.table ||
    manifest.day !== key.day ||
    manifest.salt !== held.salt
  )
    throw new Stopped(
      `${dayName}: ${objectKey} is the manifest of another partition (${manifest.source.database}.${manifest.source.table} ` +
        `${manifest.day}, salt ${manifest.salt.slice(0, 8)}…, the ledger's is ${held.salt.slice(0, 8)}…): put the right one ` +
        'back from its versions, then go on',
    );
  const archived = manifest.window;
  const recorded = held.window;
  if (archived.start !== recorded.start || archived.end !== recorded.end)
    throw new Stopped(
      `${dayName}: ${objectKey} is of [${archived.start}, ${archived.end}), the ledger says ` +
        `[${recorded.start}, ${recorded.end}): one of them was edited. Put window_start and window_end of the ` +
        "ledger's row in partitions back",
    );
  let row = held;
  if (version !== held.manifestVersion) {
    if (manifest.epoch > epochBefore) throw manifestFromFuture(key, manifest.epoch, epochBefore);
    row = await bringForward(job, held, manifest, version);
  }
  if (manifest.rows !== row.rowsArchived)
    throw new Stopped(
      `${dayName}: ${objectKey} counts ${manifest.rows} rows, the ledger ${row.rowsArchived}: one of them was edited. Put ` +
        "the manifest back from its versions, or rows_archived of the ledger's row in partitions, then go on",
    );
  await moveSuperseded(job, prefix);
  // Removes what a dead attempt left (pitfall P87: no later attempt would find it).
  const where = source.folderOf(policy);
  await sweep(source, ledger, {
    tableFolder: where,
    key,
    epoch: row.epoch,
    named: namedObjects(where, key.day, manifest.parts),
  });
  await requireObjects(source, manifest, dayName);
  return { manifest, row, etag: standing.etag };
}

/** Brings the ledger to a manifest whose attempt died before it could update the ledger. @throws Stopped, Fenced */
async function bringForward(
  { source, ledger, policy, key }: Job,
  held: Partition,
  manifest: Manifest,
  version: string,
): Promise<Partition> {
  return ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, held.epoch);
    const known = await ledger.readParts(key);
    if (isDeepStrictEqual(manifest.parts, known))
      // Two attempts may both have written it, if the store lets them. The same objects are the same proof.
      await ledger.setManifestVersion(key, version);
    else {
      const here = JSON.stringify([held.pass, held.cursor]);
      if (
        manifest.revision !== held.revision + 1 ||
        JSON.stringify([manifest.purged.pass, manifest.purged.cursor]) !== here
      )
        throw new Stopped(
          `${formatTableName(key)} ${key.day}: ${manifestKey(source.folderOf(policy), key.day)} names other ` +
            `objects than the ledger relies on, and nothing is deleted without its proof: put its version ` +
            `${held.manifestVersion} back, or, if the ledger was restored, bring it to what S3 and the table prove:`,
          { command: rewindCommand(key) },
        );
      await ledger.setRevision(key, held, revisionOf(manifest, version, known));
    }
    return ledger.holdEpoch(key, held.epoch);
  });
}

/** What the ledger takes from a manifest that replaces one with the parts of `before`. */
export function revisionOf(manifest: Manifest, version: string, before: Manifest['parts']): Revision {
  const kept = new Set(manifest.parts.map((part) => part.object.key));
  const last = manifest.heals.at(-1);
  return {
    number: manifest.revision,
    manifestVersion: version,
    rows: manifest.rows,
    pass: manifest.pass,
    parts: manifest.parts,
    superseded: before
      .filter((part) => !kept.has(part.object.key))
      .flatMap((part) => [part.object, part.chunkIndex].map(({ key, versionId }) => ({ key, versionId }))),
    heal: { added: last?.added ?? 0, changed: last?.changed ?? 0, removed: last?.removed ?? 0 },
  };
}

/** Storage classes and archive tiers whose objects are read only after they were restored. */
const archiveClasses = /^(GLACIER|DEEP_ARCHIVE|ARCHIVE_ACCESS|DEEP_ARCHIVE_ACCESS)$/;

/**
 * HEAD requests in flight at once. One after the other, the ten thousand of a day with five thousand parts would take a
 * whole slice (pitfall P93: a slice that only prepares).
 */
const headsAtOnce = 16;

/**
 * Every object that a manifest names is, to every reader, the version that was verified. The request has no version id, as
 * a reader's: a GET by version succeeds beneath a delete marker that hides the object from them (pitfall P64). A listing
 * has no versions.
 * @throws Stopped
 */
export async function requireObjects(source: Source, manifest: Manifest, dayName: string): Promise<void> {
  const objects = manifest.parts.flatMap((part) => [part.object, part.chunkIndex]);
  for (let at = 0; at < objects.length; at += headsAtOnce)
    await Promise.all(objects.slice(at, at + headsAtOnce).map((object) => requireObject(source, object, dayName)));
}

async function requireObject(
  source: Source,
  object: Manifest['parts'][number]['object'],
  dayName: string,
): Promise<void> {
  const head = await source.store.head(object.key);
  if (!head || head.bytes !== object.bytes || head.etag !== object.etag || head.versionId !== object.versionId)
    throw new Stopped(
      `${dayName}: ${object.key} is ${head ? 'not the version that was verified' : 'gone'}; put it back from its versions, then go on`,
    );
  // S3 moves objects of INTELLIGENT_TIERING to an archive tier by itself; their class stays what it was.
  const archived = head.archiveStatus ?? head.storageClass ?? '';
  if (archiveClasses.test(archived))
    throw new Stopped(
      `${dayName}: ${object.key} lies in ${archived}, where no reader gets it at once; restore it (aws s3api ` +
        `restore-object --bucket ${source.store.bucket} --key '${object.key}' --restore-request '{}'), or copy ` +
        'it back to STANDARD, before it is purged against',
    );
}
