import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';

/** What is copied, as CopySource takes it, and where to. */
export interface Copy {
  bucket: string;
  source: string;
  sourceBytes: number;
  toKey: string;
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
