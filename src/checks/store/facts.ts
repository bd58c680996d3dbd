import type { LifecycleFacts } from '../../s3/lifecycle.ts';

/** What a bucket does to the archive below a prefix. */
export interface StoreFacts {
  bucket: string;
  /** The prefix as messages name it. */
  where: string;
  versioning: boolean;
  /** Whether it has Object Lock turned on; undefined where no policy asks for it. */
  objectLock?: boolean | undefined;
  allowUnversioned: boolean;
  /** Why the rules can't be read, where the user may not. */
  lifecycle: LifecycleFacts | { unreadable: string };
}
