import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type ReadOptions, readBody } from './body.ts';
import { type ClientOptions, makeClient } from './client.ts';
import { copySourceOf, copyWhole, multipartCopy } from './copy.ts';
import { KeyExists, NoBucket, StoreRefused } from './errors.ts';
import { type LifecycleFacts, readLifecycle } from './lifecycle.ts';
import { MultipartUpload } from './multipartUpload.ts';
import { type BucketLock, readObjectLock } from './objectLock.ts';
import type { ObjectTags } from './objectTags.ts';
import { type Abilities, keepsVersions, probeBucket } from './probe.ts';
import { putSmall, readSmall } from './putSmall.ts';
import { answerOf, named, remedyOf, saysMissing, saysTooLittle, wordsOf } from './refusal.ts';
import type { ObjectHead, Replacement, StoredObject } from './storedObject.ts';
import { versionOf } from './versionId.ts';
import { listVersions, lockOf, type ObjectVersion, type VersionName } from './versions.ts';

export interface StoreOptions extends ClientOptions {
  bucket: string;
  /** Below it probe() writes. The other methods take whole keys. */
  prefix?: string | undefined;
  /** The most that one request copies; default 5 GiB, as S3 has it. */
  copyBytes?: number | undefined;
}

const octets = 'application/octet-stream';

/**
 * One bucket. It retries 500, 503 SlowDown and connection resets four times; credentials come from AWS's default chain.
 * Every method may throw NoBucket, AccessRefused or StoreUnreachable.
 *
 * @example const { versionId } = await store.putNew('bank/note.json', Buffer.from('{}'), 'application/json');
 */
export class ObjectStore {
  readonly #client: S3Client;
  readonly #address: string;
  readonly #prefix: string;
  readonly #copyBytes: number;
  readonly bucket: string;

  constructor(options: StoreOptions) {
    this.bucket = options.bucket;
    this.#address = options.endpoint ?? options.region;
    this.#prefix = options.prefix ?? '';
    this.#copyBytes = options.copyBytes ?? 5 * 2 ** 30;
    this.#client = makeClient(options);
    this.#client.middlewareStack.add(
      (next, { commandName: command = '' }) =>
        async (request) => {
          try {
            return await next(request);
          } catch (error) {
            const { region } = options;
            const found = named(error, {
              bucket: this.bucket,
              address: this.#address,
              region,
              command,
              input: request.input,
            });
            throw command.startsWith('Head') && saysTooLittle(error) ? await this.#askAgain(found) : found;
          }
        },
      { step: 'initialize', name: 'namedErrors' },
    );
  }

  /** Undefined only if S3 says that the object doesn't exist; a refusal or a timeout throws (pitfall P13: a failed HEAD isn't a missing object). */
  async head(key: string, versionId?: string): Promise<ObjectHead | undefined> {
    try {
      const head = await this.#client.send(
        new HeadObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId }),
      );
      return {
        key,
        versionId: versionOf(head.VersionId),
        etag: String(head.ETag),
        bytes: Number(head.ContentLength),
        storageClass: head.StorageClass || undefined,
        archiveStatus: head.ArchiveStatus || undefined,
      };
    } catch (error) {
      if (!saysMissing(error, versionId)) throw error;
      await this.#requireBucket();
      return undefined;
    }
  }

  /** An answer to HEAD has no body, and so no code: the same refusal of a look with a body says why. */
  async #askAgain(found: unknown): Promise<unknown> {
    try {
      await this.#client.send(new ListObjectsV2Command({ Bucket: this.bucket, MaxKeys: 1 }));
      return found;
    } catch (error) {
      return error instanceof StoreRefused || answerOf(error).code !== undefined ? error : found;
    }
  }

  /** An answer to HEAD has no body: a missing bucket looks like a missing object, and every day would look new. */
  async #requireBucket(): Promise<void> {
    await this.#client.send(new HeadBucketCommand({ Bucket: this.bucket })).catch((cause) => {
      throw answerOf(cause).status === 404 ? new NoBucket(this.bucket, { cause }) : cause;
    });
  }

  /**
   * The whole body, or exactly the range that was asked for; its length is compared with Content-Length.
   * @param options a version id alone is short for `{ versionId }`
   * @throws ObjectTruncated, ObjectDamaged
   */
  async read(key: string, options: string | ReadOptions = {}): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.stream(key, options)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** `read` piece by piece; the request is sent when the first piece is asked for. @throws ObjectTruncated, ObjectDamaged */
  stream(key: string, options: string | ReadOptions = {}): AsyncGenerator<Uint8Array> {
    const how = typeof options === 'string' ? { versionId: options } : options;
    return readBody(this.#client, { bucket: this.bucket, key }, how);
  }

  /** Creates the upload at once, because a later attempt fences by listing uploads. @param partBytes default 16 MiB, at least 5 MiB */
  createUpload(key: string, contentType = octets, partBytes?: number): Promise<MultipartUpload> {
    const target = { bucket: this.bucket, key, copyBytes: this.#copyBytes };
    return MultipartUpload.create(this.#client, target, contentType, partBytes);
  }

  /** Writes a new object. @throws KeyExists, ObjectDamaged */
  putNew(key: string, body: Buffer, contentType = octets): Promise<StoredObject> {
    return this.#put(key, body, { contentType });
  }

  /**
   * Replaces the object that has this ETag, and no other. `check` runs after the upload is listed for a fence, and before it
   * is completed.
   * @throws Conflict, ObjectDamaged, what `check` throws
   */
  replace(key: string, body: Buffer, { etag, contentType = octets, check }: Replacement): Promise<StoredObject> {
    return this.#put(key, body, { etag, contentType, check });
  }

  /** Writes a small object in one request: a new one, or over the one with this ETag. A fence can't find it in flight. @throws KeyExists, Conflict */
  putSmall(key: string, body: Buffer, etag: string | undefined): Promise<string> {
    return putSmall(this.#client, { bucket: this.bucket, key }, body, etag);
  }

  /** Reads a small object with its ETag; undefined if it doesn't exist. */
  readSmall(key: string): Promise<{ body: Buffer; etag: string } | undefined> {
    return readSmall(this.#client, { bucket: this.bucket, key });
  }

  /** A multipart upload even for one part, because a fence can find and abort it, unlike a PUT in flight. */
  async #put(
    key: string,
    body: Buffer,
    { etag, contentType = octets, check }: Partial<Replacement>,
  ): Promise<StoredObject> {
    const upload = await this.createUpload(key, contentType);
    try {
      await check?.();
      await upload.write(body);
      return await upload.complete(etag);
    } catch (error) {
      await upload.abort();
      throw error;
    }
  }

  /** Copies an object on S3's side to a key that doesn't exist, in ranges where it is larger than a request takes. @throws KeyExists */
  async copy(from: { key: string; versionId?: string | undefined; bytes: number }, toKey: string): Promise<void> {
    const source = copySourceOf(this.bucket, from);
    const target = { bucket: this.bucket, source, sourceBytes: from.bytes, toKey };
    const copying =
      from.bytes > this.#copyBytes
        ? multipartCopy(this.#client, target, this.#copyBytes)
        : copyWhole(this.#client, target);
    await copying.catch((cause) => {
      throw answerOf(cause).status === 412 ? new KeyExists(toKey, { cause }) : cause;
    });
  }

  async listUploads(prefix: string): Promise<{ key: string; uploadId: string }[]> {
    const found: { key: string; uploadId: string }[] = [];
    let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (marker) {
      const page: ListMultipartUploadsCommandOutput = await this.#client.send(
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

  /** Aborts an upload; one that no longer exists is success. */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId });
    await this.#client.send(command).catch((error) => {
      if (answerOf(error).code !== 'NoSuchUpload') throw error;
    });
  }

  async list(prefix: string): Promise<string[]> {
    return (await this.listObjects(prefix)).map(({ key }) => key);
  }

  /** What readers see below a prefix, in the order of the keys: a thousand objects per request, without their versions. */
  async listObjects(prefix: string): Promise<Omit<ObjectHead, 'versionId'>[]> {
    const found: Omit<ObjectHead, 'versionId'>[] = [];
    for await (const page of this.listPages(prefix)) found.push(...page);
    return found;
  }

  /** The same, a request's answer at a time. */
  async *listPages(prefix: string): AsyncGenerator<Omit<ObjectHead, 'versionId'>[]> {
    let token: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token }),
      );
      yield (page.Contents ?? []).map(({ Key, Size, ETag, StorageClass }) => ({
        key: String(Key),
        bytes: Number(Size),
        etag: String(ETag),
        storageClass: StorageClass,
      }));
      token = page.NextContinuationToken;
    } while (token);
  }

  /** The first key below a prefix that doesn't lie below any of some others, in the order of keys; one look, at a thousand at most. */
  async first(prefix: string, apartFrom: readonly string[]): Promise<string | undefined> {
    const page = await this.#client.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix }));
    return (page.Contents ?? [])
      .map(({ Key }) => String(Key))
      .find((key) => !apartFrom.some((begin) => key.startsWith(begin)));
  }

  /** Every version below a prefix. */
  versions(prefix: string): AsyncGenerator<ObjectVersion> {
    return listVersions(this.#client, this.bucket, prefix);
  }

  /** Until when a version can't be deleted; undefined where it can. */
  lockOf(version: VersionName): Promise<string | undefined> {
    return lockOf(this.#client, this.bucket, version);
  }

  /** Deletes an object. In a versioned bucket it only becomes invisible, unless `versionId` names the version to delete. */
  async remove(key: string, versionId?: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key, VersionId: versionId }));
  }

  /**
   * Whether the bucket can be used, keeps versions and refuses to write a key twice. Writes and removes an object below
   * `<prefix>/_staging/`.
   * @throws NoBucket, AccessRefused, StoreUnreachable; StoreRefused for anything else
   */
  async probe(): Promise<Abilities> {
    try {
      return await probeBucket(this.#client, this, this.#prefix);
    } catch (error) {
      if (error instanceof StoreRefused) throw error;
      const text = `s3: the store can't use bucket ${this.bucket} (${wordsOf(error)}); ${remedyOf(error)}`;
      throw new StoreRefused(text, { cause: error });
    }
  }

  /** The bucket's versioning now: it may have been turned on, or suspended, since this process started. */
  keepsVersions(): Promise<boolean> {
    return keepsVersions(this.#client, this.bucket);
  }

  /** The bucket's Object Lock; undefined where it is off, and no object can be locked. */
  objectLock(): Promise<BucketLock | undefined> {
    return readObjectLock(this.#client, this.bucket);
  }

  /** What the bucket's lifecycle rules do to objects below a prefix; a store that knows no such rules has none. */
  lifecycle(prefix = this.#prefix, tags: ObjectTags = {}): Promise<LifecycleFacts> {
    return readLifecycle(this.#client, this.bucket, { prefix, tags });
  }

  close(): void {
    this.#client.destroy();
  }
}
