import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ObjectDamaged, StoreRefused } from './errors.ts';
import { MultipartUpload } from './multipartUpload.ts';

export interface StoreOptions {
  bucket: string;
  region: string;
  /** Left out on AWS. */
  endpoint?: string | undefined;
  forcePathStyle?: boolean | undefined;
}

/** An object as it was written; what a read by version must answer. */
export interface StoredObject {
  key: string;
  versionId?: string | undefined;
  etag: string;
  bytes: number;
  /** CRC32 of the whole object, base64: S3 checked it before it took the object. */
  crc32: string;
}

/** One bucket. Retries 500, 503 SlowDown and resets by itself; credentials come from AWS's default chain. */
export class ObjectStore {
  readonly #client: S3Client;
  readonly bucket: string;

  constructor(options: StoreOptions) {
    this.bucket = options.bucket;
    this.#client = new S3Client({
      region: options.region,
      ...(options.endpoint ? { endpoint: options.endpoint } : {}),
      forcePathStyle: options.forcePathStyle ?? false,
      maxAttempts: 5,
      requestHandler: new NodeHttpHandler({ connectionTimeout: 5_000, requestTimeout: 60_000 }),
    });
  }

  /** Undefined only where S3 says that there is no such object; a refusal or a timeout throws (P13). */
  async head(
    key: string,
    versionId?: string,
  ): Promise<{ versionId?: string; etag: string; bytes: number } | undefined> {
    try {
      const head = await this.#client.send(
        new HeadObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId }),
      );
      const version = head.VersionId ? { versionId: head.VersionId } : {};
      return { ...version, etag: String(head.ETag), bytes: Number(head.ContentLength) };
    } catch (error) {
      // 405 is what S3 answers where the newest version is a delete marker that was asked for by id.
      if (error instanceof S3ServiceException && [404, 405].includes(error.$metadata.httpStatusCode ?? 0))
        return undefined;
      throw error;
    }
  }

  /** The whole body, its length held against what S3 announced. @throws ObjectDamaged */
  async read(key: string, versionId?: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.stream(key, versionId)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The body piece by piece. A body that ends early throws: it is never the end of the data (P38, P39). */
  async *stream(key: string, versionId?: string): AsyncGenerator<Uint8Array> {
    const answer = await this.#client.send(
      new GetObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId }),
    );
    let bytes = 0;
    for await (const piece of answer.Body as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      yield piece;
    }
    if (bytes !== answer.ContentLength)
      throw new ObjectDamaged(key, `cut off after ${bytes} of ${answer.ContentLength} bytes; it will be read again`);
  }

  /** Creates the upload at once: who fences by listing uploads must find it. */
  createUpload(key: string, contentType: string): Promise<MultipartUpload> {
    return MultipartUpload.create(this.#client, this.bucket, key, contentType);
  }

  /** Writes a new object. @throws KeyExists */
  async putNew(key: string, body: Buffer, contentType: string): Promise<StoredObject> {
    const upload = await this.createUpload(key, contentType);
    try {
      await upload.write(body);
      return await upload.complete();
    } catch (error) {
      await upload.abort();
      throw error;
    }
  }

  async listUploads(prefix: string): Promise<{ key: string; uploadId: string }[]> {
    const found: { key: string; uploadId: string }[] = [];
    let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (marker) {
      const page: import('@aws-sdk/client-s3').ListMultipartUploadsCommandOutput = await this.#client.send(
        new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: prefix, ...marker }),
      );
      for (const upload of page.Uploads ?? [])
        found.push({ key: String(upload.Key), uploadId: String(upload.UploadId) });
      marker = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    }
    return found;
  }

  /** An upload that is gone already is success. */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    try {
      await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId }));
    } catch (error) {
      if (!(error instanceof S3ServiceException && error.name === 'NoSuchUpload')) throw error;
    }
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page: import('@aws-sdk/client-s3').ListObjectsV2CommandOutput = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token }),
      );
      for (const object of page.Contents ?? []) keys.push(String(object.Key));
      token = page.NextContinuationToken;
    } while (token);
    return keys;
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  /** Whether the bucket can be used at all, and whether it keeps versions. @throws StoreRefused */
  async probe(): Promise<{ versioning: boolean }> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.bucket }));
      const versioning = await this.#client.send(new GetBucketVersioningCommand({ Bucket: this.bucket }));
      return { versioning: versioning.Status === 'Enabled' };
    } catch (cause) {
      const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
      const why =
        status === 404
          ? `there is no bucket ${this.bucket}; create it, with versioning on, or mend store.bucket`
          : status === 403 || status === 400
            ? `access to bucket ${this.bucket} was refused; look at the role or the keys of this process`
            : `the store doesn't answer (${cause instanceof Error ? cause.message : cause}); look at store.endpoint and the network`;
      throw new StoreRefused(`s3: ${why}`, { cause });
    }
  }

  close(): void {
    this.#client.destroy();
  }
}
