import { randomBytes } from 'node:crypto';
import { GetBucketVersioningCommand, HeadBucketCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { AccessRefused, KeyExists, NoBucket } from './errors.ts';
import { answerOf } from './refusal.ts';
import type { ObjectHead, StoredObject } from './storedObject.ts';

/** What a bucket supports; a purge needs both. */
export interface Abilities {
  versioning: boolean;
  /** Proved by writing one key twice, because a store may accept the header and ignore it. */
  conditionalWrites: boolean;
}

/** The methods of a store that the probe uses. */
interface ProbedStore {
  bucket: string;
  putNew(key: string, body: Buffer): Promise<StoredObject>;
  head(key: string): Promise<ObjectHead | undefined>;
  remove(key: string, versionId: string | undefined): Promise<void>;
}

/** A probe takes seconds: an object so much older than this probe's own was left by one whose process died. */
const deadAfterMillis = 3_600_000;

/**
 * Asks for versioning and tries a conditional write. Removes what probes that died have left.
 * @throws NoBucket, AccessRefused, or the store's own error
 */
export async function probeBucket(
  client: S3Client,
  store: ProbedStore,
  prefix: string,
  millis = deadAfterMillis,
): Promise<Abilities> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: store.bucket }));
  } catch (cause) {
    if (answerOf(cause).status === 404) throw new NoBucket(store.bucket, { cause });
    throw cause;
  }
  const folder = `${prefix ? `${prefix.replace(/\/$/, '')}/` : ''}_staging/_probe-`;
  const key = `${folder}${randomBytes(8).toString('hex')}`;
  return {
    versioning: await keepsVersions(client, store.bucket),
    conditionalWrites: await refusesSecondWrite(store, key, () => sweepDead({ client, store, folder, key, millis })),
  };
}

/** Ages are by the store's clock alone: the object of this probe is as new as the listing. */
async function sweepDead(probe: {
  client: S3Client;
  store: ProbedStore;
  folder: string;
  key: string;
  millis: number;
}): Promise<void> {
  const { client, store, folder, key, millis } = probe;
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: store.bucket, Prefix: folder }));
  const writtenAt = new Map(Contents.map(({ Key, LastModified }) => [String(Key), LastModified?.getTime()]));
  const now = writtenAt.get(key);
  if (now === undefined) return;
  for (const [dead, at = now] of writtenAt) {
    if (dead === key || now - at < millis) continue;
    await removeProbe(store, dead, (await store.head(dead))?.versionId);
  }
}

/** Whether the bucket's versioning is on; suspended, it keeps no version of new objects. */
export async function keepsVersions(client: S3Client, bucket: string): Promise<boolean> {
  const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  return Status === 'Enabled';
}

/** Whether a second write under If-None-Match is refused. Removes what it wrote. */
async function refusesSecondWrite(store: ProbedStore, key: string, written: () => Promise<void>): Promise<boolean> {
  const body = Buffer.from('sediment: may be removed\n');
  const objects: StoredObject[] = [];
  try {
    objects.push(await store.putNew(key, body));
    // Who may not list sweeps nothing, and the probe tells what it is for.
    await written().catch(() => undefined);
    objects.push(await store.putNew(key, body));
    return false;
  } catch (error) {
    if (error instanceof KeyExists && objects.length === 1) return true;
    if (answerOf(error).status === 501) return false;
    throw error;
  } finally {
    for (const { versionId } of objects) await removeProbe(store, key, versionId);
  }
}

/** Under Object Lock no version can be removed before its time: then it is hidden, as all that Sediment removes. */
async function removeProbe(store: ProbedStore, key: string, versionId: string | undefined): Promise<void> {
  try {
    await store.remove(key, versionId);
  } catch (error) {
    if (!(error instanceof AccessRefused) || versionId === undefined) throw error;
    await store.remove(key, undefined);
  }
}
