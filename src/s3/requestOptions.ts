import { isVisible } from '../archive/keys.ts';
import { type ObjectTags, taggingOf } from './objectTags.ts';

/** What every request that writes or names the bucket carries. */
export interface RequestOptions {
  /** The ARN of the key of SSE-KMS; left out: as the bucket encrypts. */
  kmsKey?: string | undefined;
  /** The account that must own the bucket. */
  bucketOwner?: string | undefined;
  /** Of parts. Manifests and chunk indexes are small, and stay in STANDARD: other classes charge for 128 KB at least. */
  storageClass?: string | undefined;
  /** What a table's policy says of the object with this key; it goes before the store's own. */
  objectRules?: ((key: string) => ObjectRules | undefined) | undefined;
  /** The tags of the object with this key; undefined for none. */
  objectTags?: ((key: string) => ObjectTags | undefined) | undefined;
}

/** How an object is to be written. */
export interface ObjectRules {
  storageClass?: string | undefined;
  lock?: { mode: 'GOVERNANCE' | 'COMPLIANCE'; until: Date } | undefined;
}

const writes = new Set(['CreateMultipartUploadCommand', 'PutObjectCommand', 'CopyObjectCommand']);

/** A request's input with these options, by S3's own names for them. */
export function withOptions<Input extends object>(command: string, input: Input, options: RequestOptions): Input {
  const { kmsKey, bucketOwner } = options;
  const added: Record<string, string | Date> = {};
  if (bucketOwner !== undefined && 'Bucket' in input) {
    added.ExpectedBucketOwner = bucketOwner;
    if ('CopySource' in input) added.ExpectedSourceBucketOwner = bucketOwner;
  }
  if (writes.has(command)) {
    if (kmsKey !== undefined) {
      added.ServerSideEncryption = 'aws:kms';
      added.SSEKMSKeyId = kmsKey;
    }
    const key = 'Key' in input ? String(input.Key) : '';
    const rules = options.objectRules?.(key);
    const storageClass = rules?.storageClass ?? options.storageClass;
    if (storageClass !== undefined && isVisible(key)) added.StorageClass = storageClass;
    const tags = options.objectTags?.(key);
    if (tags) {
      added.Tagging = taggingOf(tags);
      // Else S3 copies the source's, which takes a right more.
      if (command === 'CopyObjectCommand') added.TaggingDirective = 'REPLACE';
    }
    if (rules?.lock) {
      added.ObjectLockMode = rules.lock.mode;
      added.ObjectLockRetainUntilDate = rules.lock.until;
    }
  }
  return Object.keys(added).length === 0 ? input : { ...input, ...added };
}
