import { GetObjectCommand, type GetObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { ObjectDamaged, ObjectTruncated } from './errors.ts';

/** A range of bytes, both ends included, as in HTTP. */
interface ByteRange {
  start: number;
  end: number;
}

export interface ReadOptions {
  versionId?: string | undefined;
  range?: ByteRange | undefined;
  /** Aborts the read at once, also in the middle of the body; the signal's reason is thrown. */
  signal?: AbortSignal | undefined;
}

/**
 * An object's body, piece by piece. A body that ends early throws, because a broken connection must never look like the end
 * of the data (pitfalls P38 and P39).
 * @throws ObjectTruncated; ObjectDamaged where the answer isn't the range that was asked for
 */
export async function* readBody(
  client: S3Client,
  object: { bucket: string; key: string },
  { versionId, range, signal }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const input: GetObjectCommandInput = { Bucket: object.bucket, Key: object.key, VersionId: versionId };
  if (range) input.Range = `bytes=${range.start}-${range.end}`;
  const answer = await client.send(new GetObjectCommand(input), signal ? { abortSignal: signal } : {});
  const body = answer.Body as (AsyncIterable<Uint8Array> & { destroy?: () => void }) | undefined;
  const announced = answer.ContentLength;
  if (!body || announced === undefined) throw new ObjectDamaged(object.key, 'came without a body or its length');
  let bytes = 0;
  try {
    if (range && announced !== range.end - range.start + 1)
      throw new ObjectDamaged(object.key, `answered ${announced} bytes for bytes ${range.start} to ${range.end}`);
    for await (const piece of body) {
      bytes += piece.length;
      yield piece;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof ObjectDamaged || bytes >= announced) throw cause;
    throw new ObjectTruncated(object.key, bytes, announced, { cause });
  } finally {
    body.destroy?.();
  }
  if (bytes !== announced) throw new ObjectTruncated(object.key, bytes, announced);
}
