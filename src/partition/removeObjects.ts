import { supersededKey } from '../archive/keys.ts';
import { type Attempt, Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import type { Ledger, PartitionKey } from '../ledger/ledger.ts';
import { KeyExists } from '../s3/errors.ts';

/** An upload in flight belongs to an attempt that was overtaken: aborted, its completion fails. */
export async function abortUploads(source: Source, prefix: string, attempt: Attempt): Promise<void> {
  for (;;) {
    const uploads = await source.store.listUploads(prefix);
    if (uploads.length === 0) return;
    attempt.signal.throwIfAborted();
    for (const upload of uploads) await source.store.abortUpload(upload.key, upload.uploadId);
  }
}

/**
 * Removes what the day's manifest doesn't name: first condemned in a transaction that holds the epoch, only then removed.
 * What a purge may have relied on is never condemned: it is moved. An upload that was begun before that belongs to
 * nobody any more; one of the committer's own, too, whose answer was lost.
 */
export async function sweep(
  source: Source,
  ledger: Ledger,
  key: PartitionKey,
  epoch: number,
  prefix: string,
  named: ReadonlySet<string>,
): Promise<void> {
  const kept = new Set((await ledger.superseded(prefix)).map((object) => object.key));
  const uploads = await source.store.listUploads(prefix);
  const strays = (await source.store.list(prefix)).filter((object) => !named.has(object) && !kept.has(object));
  if (strays.length === 0 && uploads.length === 0) return;
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, epoch);
    for (const stray of strays) await ledger.condemn(stray, epoch);
  });
  for (const stray of await ledger.condemned(prefix))
    if (!named.has(stray) && !kept.has(stray)) await source.store.remove(stray);
  for (const upload of uploads) await source.store.abortUpload(upload.key, upload.uploadId);
}

/** Moves replaced objects below `_superseded/`, where no reader looks; safe to repeat after a crash at any step. */
export async function moveSuperseded(source: Source, ledger: Ledger, prefix: string): Promise<void> {
  const { store } = source;
  for (const object of await ledger.superseded(prefix)) {
    const to = supersededKey(source.config.store.prefix, object.key);
    const standing = await store.head(object.key);
    if (standing) {
      await store.copy({ key: object.key, versionId: object.versionId }, to).catch((error) => {
        // Copied by an attempt that died before it could remove the old key.
        if (!(error instanceof KeyExists)) throw error;
      });
      const copied = await store.head(to);
      if (copied?.bytes !== standing.bytes)
        throw new Stopped(
          `${to} holds ${copied?.bytes} bytes, ${object.key} ${standing.bytes}: look at both, and keep the right one`,
        );
      await store.remove(object.key);
    }
    await ledger.setMoved(object.key);
  }
}
