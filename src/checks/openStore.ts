import type { Config } from '../config/load.ts';
import { AccessRefused } from '../s3/errors.ts';
import type { ObjectTags } from '../s3/multipartUpload.ts';
import type { ObjectStore } from '../s3/store.ts';
import { findingsOf, type Moment, type NamedFinding } from './check.ts';
import type { StoreFacts } from './store/facts.ts';
import { keepsObjects } from './store/keepsObjects.ts';
import { keepsVersions } from './store/keepsVersions.ts';
import { locksObjects } from './store/locksObjects.ts';

/** Which objects are asked about. */
export interface ArchivedObjects {
  prefix: string;
  /** What is known of their tags. */
  tags: ObjectTags;
  /** Whether a policy asks for Object Lock. */
  locked: boolean;
}

/** What the checks find in the bucket, for the archive below a prefix: two requests or three, so a slice asks once. */
export async function checkStore(
  store: ObjectStore,
  { bucket, allowUnversioned }: Pick<Config['store'], 'bucket' | 'allowUnversioned'>,
  { prefix, tags, locked }: ArchivedObjects,
  moment: Moment,
): Promise<NamedFinding[]> {
  const [versioning, lifecycle, objectLock] = await Promise.all([
    store.keepsVersions(),
    readLifecycle(store, prefix, tags),
    locked ? store.hasObjectLock() : undefined,
  ]);
  const where = prefix === '' ? 'the bucket' : prefix;
  return findingsOf([keepsVersions, locksObjects, keepsObjects], moment, {
    bucket,
    where,
    versioning,
    objectLock,
    allowUnversioned,
    lifecycle,
  });
}

async function readLifecycle(store: ObjectStore, prefix: string, tags: ObjectTags): Promise<StoreFacts['lifecycle']> {
  try {
    return await store.lifecycle(prefix, tags);
  } catch (error) {
    if (error instanceof AccessRefused) return { unreadable: error.code };
    throw error;
  }
}
