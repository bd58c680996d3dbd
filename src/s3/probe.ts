import { randomBytes } from 'node:crypto';
import { GetBucketVersioningCommand, HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { AccessRefused, KeyExists, NoBucket } from './errors.ts';
import { answerOf } from './refusal.ts';
import type { StoredObject } from './storedObject.ts';

/** What a bucket can do; both are needed before anything is purged against it. */
export interface Abilities {
  versioning: boolean;
  /** Proved by writing one key twice: a store may take the header and ignore it. */
  conditionalWrites: boolean;
}

/** What the probe writes with and removes. */
interface ProbedStore {
  bucket: string;
  putNew(key: string, body: Buffer): Promise<StoredObject>;
  remove(key: string, versionId: string | undefined): Promise<void>;
}

/** @throws NoBucket, and whatever the store answers else */
export async function probeBucket(client: S3Client, store: ProbedStore, prefix: string): Promise<Abilities> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: store.bucket }));
  } catch (cause) {
    const { status, code } = answerOf(cause);
    if (status === 404) throw new NoBucket(store.bucket, { cause });
    // An expired token or another region's key: without a body, S3 can't say so.
    if (status === 400) throw new AccessRefused(store.bucket, code ?? '400', { cause });
    throw cause;
  }
  const key = `${prefix ? `${prefix.replace(/\/$/, '')}/` : ''}_staging/_probe-${randomBytes(8).toString('hex')}`;
  return {
    versioning: await keepsVersions(client, store.bucket),
    conditionalWrites: await refusesSecondWrite(store, key),
  };
}

/** A bucket whose versioning is suspended keeps none of what is written now. */
export async function keepsVersions(client: S3Client, bucket: string): Promise<boolean> {
  const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  return Status === 'Enabled';
}

/** Leaves nothing behind, whichever of the two writes was taken. */
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
    for (const { versionId } of written) await store.remove(key, versionId);
  }
}
