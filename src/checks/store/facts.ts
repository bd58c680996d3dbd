import type { LifecycleFacts } from '../../s3/lifecycle.ts';
import type { BucketLock, Retention } from '../../s3/objectLock.ts';

/** What a policy says of how long its objects stay. */
export interface Locking {
  table: string;
  /** Its `archive.lock`. */
  lock: Retention | undefined;
  /** Its `archive.expire`: ISO 8601. */
  expire: string | undefined;
  /** Whether an Aurora server stages its rows in the bucket. */
  stages: boolean;
}

/** What a bucket does to the archive below a prefix. */
export interface StoreFacts {
  bucket: string;
  /** The prefix as messages name it. */
  where: string;
  versioning: boolean;
  /** False where it is turned off; undefined where nobody asked. */
  objectLock: BucketLock | { unreadable: string } | false | undefined;
  locking: readonly Locking[];
  allowUnversioned: boolean;
  /** Why the rules can't be read, where the user may not. */
  lifecycle: LifecycleFacts | { unreadable: string };
}
