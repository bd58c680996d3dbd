import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Conflict, KeyExists } from './errors.ts';
import { answerOf } from './refusal.ts';

interface Destination {
  bucket: string;
  key: string;
}

/** The object with the ETag of the same answer: a HEAD after a GET could be of another's write. */
export async function readSmall(
  client: S3Client,
  { bucket, key }: Destination,
): Promise<{ body: Buffer; etag: string } | undefined> {
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const body = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    return { body, etag: String(answer.ETag) };
  } catch (error) {
    // A GET's answer names what is missing; a missing bucket is another error.
    if (answerOf(error).code === 'NoSuchKey') return undefined;
    throw error;
  }
}

/**
 * One conditional PUT. If the first answer was lost, the client's next try is refused because our own object exists. So
 * the object is read, and the same bytes count as our own; no two writers may ever send the same bytes.
 * @throws KeyExists, Conflict
 */
export async function putSmall(
  client: S3Client,
  { bucket, key }: Destination,
  body: Buffer,
  etag: string | undefined,
): Promise<string> {
  try {
    const condition = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag };
    const done = await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: 'application/json',
        ChecksumAlgorithm: 'CRC32',
        ...condition,
      }),
    );
    return String(done.ETag);
  } catch (cause) {
    const { status, code } = answerOf(cause);
    if (status !== 412 && status !== 409 && code !== 'NoSuchKey') throw cause;
    const standing = await readSmall(client, { bucket, key });
    if (standing?.body.equals(body)) return standing.etag;
    if (etag === undefined) throw new KeyExists(key, { cause });
    throw new Conflict(key, etag, { cause });
  }
}
