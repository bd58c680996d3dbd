import { randomBytes } from 'node:crypto';
import { GetBucketVersioningCommand, HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { AccessRefused, KeyExists, NoBucket } from './errors.ts';
import { answerOf } from './refusal.ts';
import type { StoredObject } from './storedObject.ts';

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
  remove(key: string, versionId: string | undefined): Promise<void>;
}

/** Asks for versioning and tries a conditional write. @throws NoBucket, AccessRefused, or the store's own error */
export async function probeBucket(client: S3Client, store: ProbedStore, prefix: string): Promise<Abilities> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: store.bucket }));
  } catch (cause) {
    if (answerOf(cause).status === 404) throw new NoBucket(store.bucket, { cause });
    throw cause;
  }
  const key = `${prefix ? `${prefix.replace(/\/$/, '')}/` : ''}_staging/_probe-${randomBytes(8).toString('hex')}`;
  return {
    versioning: await keepsVersions(client, store.bucket),
    conditionalWrites: await refusesSecondWrite(store, key),
  };
}

/** Whether the bucket's versioning is on; suspended, it keeps no version of new objects. */
export async function keepsVersions(client: S3Client, bucket: string): Promise<boolean> {
  const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  return Status === 'Enabled';
}

/** Whether a second write under If-None-Match is refused. Removes what it wrote. */
async function refusesSecondWrite(store: ProbedStore, key: string): Promise<boolean> {
  const body = Buffer.from('sediment: may be removed\n');
  const written: StoredObject[] = [];
  try {
    written.push(await store.putNew(key, body));
    written.push(await store.putNew(key, body));
    return false;
  } catch (error) {
    if (error instanceof KeyExists && written.length === 1) return true;
    if (answerOf(error).status === 501) return false;
    throw error;
  } finally {
    for (const { versionId } of written) await removeProbe(store, key, versionId);
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
