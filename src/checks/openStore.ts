import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import { formatTableName } from '../model/tableName.ts';
import { AccessRefused } from '../s3/errors.ts';
import type { ObjectTags } from '../s3/objectTags.ts';
import type { ObjectStore } from '../s3/store.ts';
import { findingsOf, type Moment, type NamedFinding } from './check.ts';
import type { Locking, StoreFacts } from './store/facts.ts';
import { keepsObjects } from './store/keepsObjects.ts';
import { keepsVersions } from './store/keepsVersions.ts';
import { lockedVersions } from './store/lockedVersions.ts';
import { locksObjects } from './store/locksObjects.ts';

/** Which objects are asked about. */
export interface ArchivedObjects {
  prefix: string;
  /** What is known of their tags. */
  tags: ObjectTags;
  /** What the policies say of their objects. */
  locking: readonly Locking[];
}

/** What a policy says of how long its objects stay. */
export function lockingOf(policy: TablePolicy): Locking {
  const { lock, expire } = policy.archive ?? {};
  const table = formatTableName(policy);
  const kept = lock && {
    ...lock,
    mode: lock.mode === 'governance' ? ('GOVERNANCE' as const) : ('COMPLIANCE' as const),
  };
  return { table, lock: kept, expire, stages: policy.engine === 'aurora' };
}

/** What the checks find in the bucket, for the archive below a prefix: two requests or three, so a slice asks once. */
export async function checkStore(
  store: ObjectStore,
  { bucket, allowUnversioned }: Pick<Config['store'], 'bucket' | 'allowUnversioned'>,
  { prefix, tags, locking }: ArchivedObjects,
  moment: Moment,
): Promise<NamedFinding[]> {
  const [versioning, lifecycle, objectLock] = await Promise.all([
    store.keepsVersions(),
    readLifecycle(store, prefix, tags),
    readLock(store, locking, moment),
  ]);
  const where = prefix === '' ? 'the bucket' : prefix;
  return findingsOf([keepsVersions, locksObjects, keepsObjects, lockedVersions], moment, {
    bucket,
    where,
    versioning,
    objectLock,
    locking,
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

/** Asked for where a policy asks for it, and by doctor, which says what a lock means. */
async function readLock(
  store: ObjectStore,
  locking: readonly Locking[],
  moment: Moment,
): Promise<StoreFacts['objectLock']> {
  const asked = locking.some(({ lock }) => lock !== undefined);
  if (!asked && moment !== 'doctor') return undefined;
  try {
    return (await store.objectLock()) ?? false;
  } catch (error) {
    if (error instanceof AccessRefused && !asked) return { unreadable: error.code };
    throw error;
  }
}
