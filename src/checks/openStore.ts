import type { Config } from '../config/load.ts';
import { AccessRefused } from '../s3/errors.ts';
import type { ObjectTags } from '../s3/multipartUpload.ts';
import type { ObjectStore } from '../s3/store.ts';
import { findingsOf, type Moment, type NamedFinding } from './check.ts';
import type { StoreFacts } from './store/facts.ts';
import { keepsObjects } from './store/keepsObjects.ts';
import { keepsVersions } from './store/keepsVersions.ts';

/** Which objects are asked about. */
export interface ArchivedObjects {
  prefix: string;
  /** What is known of their tags. */
  tags: ObjectTags;
}

/** What the checks find in the bucket, for the archive below a prefix: two requests, so a slice asks once. */
export async function checkStore(
  store: ObjectStore,
  { bucket, allowUnversioned }: Pick<Config['store'], 'bucket' | 'allowUnversioned'>,
  { prefix, tags }: ArchivedObjects,
  moment: Moment,
): Promise<NamedFinding[]> {
  const [versioning, lifecycle] = await Promise.all([store.keepsVersions(), readLifecycle(store, prefix, tags)]);
  const where = prefix === '' ? 'the bucket' : prefix;
  return findingsOf([keepsVersions, keepsObjects], moment, { bucket, where, versioning, allowUnversioned, lifecycle });
}

async function readLifecycle(store: ObjectStore, prefix: string, tags: ObjectTags): Promise<StoreFacts['lifecycle']> {
  try {
    return await store.lifecycle(prefix, tags);
  } catch (error) {
    if (error instanceof AccessRefused) return { unreadable: error.code };
    throw error;
  }
}
