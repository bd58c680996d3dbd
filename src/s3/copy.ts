import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { ObjectDamaged } from './errors.ts';
import { answerOf } from './refusal.ts';
import type { ObjectHead } from './storedObject.ts';

/** What is copied, as CopySource takes it, and where to. */
export interface Copy {
  bucket: string;
  source: string;
  sourceBytes: number;
  toKey: string;
}

/** An object, or one of its versions, as CopySource takes it. */
export function copySourceOf(
  bucket: string,
  { key, versionId }: { key: string; versionId?: string | undefined },
): string {
  const path = `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  return versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
}

/** The least that S3 takes as a part of an upload, but for its last. */
const leastPartBytes = 5 << 20;

/** Whether an upload may be made of whole objects, one behind the other. */
export function canBeCopied(objects: readonly Pick<ObjectHead, 'bytes'>[]): boolean {
  return objects.length > 0 && objects.slice(0, -1).every(({ bytes }) => bytes >= leastPartBytes);
}

/** An upload that takes its parts from objects. */
export interface CopiedInto {
  bucket: string;
  key: string;
  uploadId: string;
  /** The most that a request copies. */
  copyBytes: number;
}

/**
 * Copies whole objects into an upload on S3's side, one behind the other, each by its version and only while it has its ETag.
 * @throws ObjectDamaged where an object is another by now; what S3 answers
 */
export async function copyParts(
  client: S3Client,
  { bucket, key, uploadId, copyBytes }: CopiedInto,
  objects: readonly ObjectHead[],
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  for (const object of objects) {
    // Ranges of one size, at least half of what a request copies: the last is no smaller than a part may be.
    const ranges = Math.ceil(object.bytes / copyBytes);
    const rangeBytes = Math.ceil(object.bytes / ranges);
    for (let start = 0; start < object.bytes; start += rangeBytes) {
      const PartNumber = parts.length + 1;
      const end = Math.min(start + rangeBytes, object.bytes) - 1;
      const copy = new UploadPartCopyCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber,
        CopySource: copySourceOf(bucket, object),
        CopySourceIfMatch: object.etag,
        CopySourceRange: ranges > 1 ? `bytes=${start}-${end}` : undefined,
      });
      const { CopyPartResult: copied } = await client.send(copy).catch((cause) => {
        if (answerOf(cause).status !== 412) throw cause;
        throw new ObjectDamaged(object.key, `isn't the object with the ETag ${object.etag} any more`, { cause });
      });
      parts.push({ PartNumber, ETag: copied?.ETag, ChecksumCRC32: copied?.ChecksumCRC32 });
    }
  }
  return parts;
}

/** In one request, to a key that doesn't exist. @throws what S3 answers: 412 where the key exists */
export async function copyWhole(client: S3Client, { bucket, source, toKey }: Copy): Promise<void> {
  await client.send(new CopyObjectCommand({ Bucket: bucket, Key: toKey, CopySource: source, IfNoneMatch: '*' }));
}

/**
 * Copies an object that is too large for one request, on S3's side, in ranges; to a key that doesn't exist.
 * @param rangeBytes of each request: 5 MiB to 5 GiB
 * @throws what S3 answers: 412 where the key exists
 */
export async function multipartCopy(
  client: S3Client,
  { bucket, source, sourceBytes, toKey }: Copy,
  rangeBytes: number,
): Promise<void> {
  const target = { Bucket: bucket, Key: toKey };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  try {
    const parts: CompletedPart[] = [];
    for (let start = 0; start < sourceBytes; start += rangeBytes) {
      const end = Math.min(start + rangeBytes, sourceBytes) - 1;
      const number = parts.length + 1;
      const range = { CopySource: source, CopySourceRange: `bytes=${start}-${end}` };
      const { CopyPartResult } = await client.send(
        new UploadPartCopyCommand({ ...target, ...range, UploadId, PartNumber: number }),
      );
      parts.push({ PartNumber: number, ETag: CopyPartResult?.ETag });
    }
    const MultipartUpload = { Parts: parts };
    await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload, IfNoneMatch: '*' }));
  } catch (error) {
    // The error that led here counts; what is left of the upload is aborted by the next look at the folder, or by the bucket's rule.
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
    throw error;
  }
}
