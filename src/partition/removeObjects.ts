import {
  dayPrefix,
  isVisible,
  manifestKey,
  parsePartKey,
  supersededKey,
  type TableFolder,
  traceKey,
} from '../archive/keys.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { type Attempt, Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import type { Source } from '../job/source.ts';
import type { Ledger, PartitionKey } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { KeyExists } from '../s3/errors.ts';
import { rewindCommand, rewindHint } from './purgeTrace.ts';

/** Aborts uploads in flight. They are of overtaken attempts, whose completion then fails. */
export async function abortUploads(source: Source, prefix: string, attempt: Attempt): Promise<void> {
  for (;;) {
    const uploads = await source.store.listUploads(prefix);
    if (uploads.length === 0) return;
    attempt.signal.throwIfAborted();
    for (const upload of uploads) await source.store.abortUpload(upload.key, upload.uploadId);
  }
}

/** A day's folder, and the objects in it that the manifest names, or the ledger as parts of a running export. */
export interface NamedObjects {
  tableFolder: TableFolder;
  key: PartitionKey;
  /** The newest epoch that the ledger has given. Objects of a later one aren't of this ledger. */
  epoch: number;
  named: ReadonlySet<string>;
}

/** The objects of parts, the manifest and the trace. */
export function namedObjects(tableFolder: TableFolder, day: Day, parts: readonly ManifestPart[]): Set<string> {
  const objects = parts.flatMap((part) => [part.object.key, part.chunkIndex.key]);
  return new Set([manifestKey(tableFolder, day), traceKey(tableFolder, day), ...objects]);
}

/** Objects in a day's folder that nothing names: left by attempts of this ledger, or unknown to it. */
export function strays(keys: readonly string[], { tableFolder, key, epoch, named }: NamedObjects) {
  const own: string[] = [];
  const foreign: string[] = [];
  for (const object of keys) {
    if (named.has(object)) continue;
    const name = parsePartKey(tableFolder, key.day, object);
    (name && name.epoch <= epoch ? own : foreign).push(object);
  }
  return { own, foreign };
}

/**
 * Removes what earlier attempts left in the day's folder. Objects are marked for removal in a transaction under the epoch,
 * and only then removed. An object that a purge may have relied on is moved, never removed, and one that no attempt of
 * this ledger wrote is never touched. Uploads in flight are aborted, because their attempts are over; one may be this
 * attempt's own, if the answer to its completion was lost.
 * @returns the objects that aren't of this ledger
 */
export async function sweep(source: Source, ledger: Ledger, objects: NamedObjects): Promise<string[]> {
  const { tableFolder, key, epoch } = objects;
  const prefix = dayPrefix(tableFolder, key.day);
  const superseded = (await ledger.superseded(prefix)).map((object) => object.key);
  const named = new Set([...objects.named, ...superseded]);
  const uploads = await source.store.listUploads(prefix);
  const { own, foreign } = strays(await source.store.list(prefix), { ...objects, named });
  if (own.length === 0 && uploads.length === 0) return foreign;
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, epoch);
    for (const stray of own) await ledger.condemn(stray, epoch);
  });
  for (const stray of own) await source.store.remove(stray);
  for (const upload of uploads) await source.store.abortUpload(upload.key, upload.uploadId);
  return foreign;
}

/** @throws Stopped if readers of the folder would take an unknown object for data (pitfall P87) */
export function refuseForeign(key: PartitionKey, foreign: readonly string[]): void {
  const seen = foreign.filter(isVisible);
  if (seen.length === 0) return;
  throw new Stopped(
    [
      `${formatTableName(key)} ${key.day}: ` +
        `${seen.slice(0, 3).join(', ')}${seen.length > 3 ? ` and ${seen.length - 3} more` : ''} lies in the ` +
        `day's folder, where every reader takes it for data, and neither the manifest nor the ledger names it.`,
      'Nothing of it was removed.',
      `Look at what it is and move it away, or, if the ledger was restored or dropped, put the day's ` +
        '_manifest.json back from its versions where it is missing.',
      rewindHint,
    ].join(' '),
    { command: rewindCommand(key) },
  );
}

/** Moves replaced objects below `_superseded/`, where readers don't look. Safe to repeat after a crash at any step. */
export async function moveSuperseded(
  { source, ledger, attempt }: Pick<Job, 'source' | 'ledger' | 'attempt'>,
  prefix: string,
): Promise<void> {
  const { store } = source;
  const objects = await ledger.superseded(prefix);
  for (const [index, object] of objects.entries()) {
    // After an ALTER all parts of a day are replaced: thousands of objects, five requests for each.
    attempt.heartbeat({ phase: 'moving what was replaced', object: index, objects: objects.length });
    const to = supersededKey(source.config.store.prefix, object.key);
    const standing = await store.head(object.key);
    if (standing) {
      await store.copy({ key: object.key, versionId: object.versionId, bytes: standing.bytes }, to).catch((error) => {
        // Copied by an attempt that died before it could remove the old key.
        if (!(error instanceof KeyExists)) throw error;
      });
      const copied = await store.head(to);
      if (copied?.bytes !== standing.bytes)
        throw new Stopped(
          `${to} holds ${copied?.bytes} bytes, and ${object.key}, which is to be moved there, ${standing.bytes}: something ` +
            `else wrote the first. Look at both, move the first away, and go on`,
        );
      await store.remove(object.key);
    }
    await ledger.setMoved(object.key);
  }
}
