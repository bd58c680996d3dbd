import { expect, test } from 'vitest';
import { withOptions } from '../../../src/s3/requestOptions.ts';

const key = 'arn:aws:kms:eu-central-1:123456789012:key/one';
const options = { kmsKey: key, bucketOwner: '123456789012', storageClass: 'GLACIER_IR' };

test('an object that readers see is encrypted by the named key and takes the class; a hidden one takes no class', () => {
  const part = { Bucket: 'archive', Key: 'shop/orders/2026/11/21/orders.csv.gz' };
  const encrypted = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key, ExpectedBucketOwner: '123456789012' };
  expect(withOptions('CreateMultipartUploadCommand', part, options)).toEqual({
    ...part,
    ...encrypted,
    StorageClass: 'GLACIER_IR',
  });
  const manifest = { Bucket: 'archive', Key: 'shop/orders/2026/11/21/_manifest.json' };
  expect(withOptions('PutObjectCommand', manifest, options)).toEqual({ ...manifest, ...encrypted });
});

test('every request names the bucket’s owner, a copy the owner of both; without options a request stays as it is', () => {
  const read = { Bucket: 'archive', Key: 'a' };
  expect(withOptions('GetObjectCommand', read, options)).toEqual({ ...read, ExpectedBucketOwner: '123456789012' });
  const copied = { ...read, CopySource: 'archive/b' };
  expect(withOptions('UploadPartCopyCommand', copied, options)).toMatchObject({
    ExpectedBucketOwner: '123456789012',
    ExpectedSourceBucketOwner: '123456789012',
  });
  expect(withOptions('PutObjectCommand', read, {})).toBe(read);
});

test('what a table’s policy says goes before the store’s, and locks what is written, the hidden objects too', () => {
  const until = new Date('2033-01-01T00:00:00Z');
  const lock = { mode: 'GOVERNANCE', until } as const;
  const own = { ...options, objectRules: () => ({ storageClass: 'STANDARD_IA', lock }) };
  const locked = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: until };
  const part = { Bucket: 'archive', Key: 'shop/orders/orders.csv.gz' };
  expect(withOptions('CopyObjectCommand', part, own)).toMatchObject({ StorageClass: 'STANDARD_IA', ...locked });
  const manifest = withOptions('CreateMultipartUploadCommand', { ...part, Key: 'shop/_manifest.json' }, own);
  expect(manifest).toMatchObject(locked);
  expect(manifest).not.toHaveProperty('StorageClass');
  expect(withOptions('GetObjectCommand', part, own)).not.toHaveProperty('ObjectLockMode');
});

test('what is written is tagged, and a copy takes its own tags rather than those of what is copied', () => {
  const tagged = { objectTags: (key: string) => (key === 'a' ? { source: 'bank', table: 'it’s' } : undefined) };
  const put = { Bucket: 'archive', Key: 'a' };
  const Tagging = 'source=bank&table=it%3D2019s';
  for (const command of ['PutObjectCommand', 'CreateMultipartUploadCommand'])
    expect(withOptions(command, put, tagged)).toEqual({ ...put, Tagging });
  expect(withOptions('CopyObjectCommand', put, tagged)).toEqual({ ...put, Tagging, TaggingDirective: 'REPLACE' });
  expect(withOptions('PutObjectCommand', { ...put, Key: 'b' }, tagged)).toEqual({ ...put, Key: 'b' });
  expect(withOptions('UploadPartCommand', put, tagged)).toBe(put);
});
