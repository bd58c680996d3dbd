import { isVisible } from '../archive/keys.ts';

/** What every request that writes or names the bucket carries. */
export interface RequestOptions {
  /** The ARN of the key of SSE-KMS; left out: as the bucket encrypts. */
  kmsKey?: string | undefined;
  /** The account that must own the bucket. */
  bucketOwner?: string | undefined;
  /** Of parts. Manifests and chunk indexes are small, and stay in STANDARD: other classes charge for 128 KB at least. */
  storageClass?: string | undefined;
}

const writes = new Set(['CreateMultipartUploadCommand', 'PutObjectCommand', 'CopyObjectCommand']);

/** A request's input with these options, by S3's own names for them. */
export function withOptions<Input extends object>(command: string, input: Input, options: RequestOptions): Input {
  const { kmsKey, bucketOwner, storageClass } = options;
  const added: Record<string, string> = {};
  if (bucketOwner !== undefined && 'Bucket' in input) {
    added.ExpectedBucketOwner = bucketOwner;
    if ('CopySource' in input) added.ExpectedSourceBucketOwner = bucketOwner;
  }
  if (writes.has(command)) {
    if (kmsKey !== undefined) {
      added.ServerSideEncryption = 'aws:kms';
      added.SSEKMSKeyId = kmsKey;
    }
    if (storageClass !== undefined && 'Key' in input && isVisible(String(input.Key))) added.StorageClass = storageClass;
  }
  return Object.keys(added).length === 0 ? input : { ...input, ...added };
}
