import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { copyParts } from './copy.ts';
import { Conflict, KeyExists, ObjectDamaged } from './errors.ts';
import { answerOf } from './refusal.ts';
import type { ObjectHead, StoredObject } from './storedObject.ts';
import { versionOf } from './versionId.ts';

/** S3 allows 10,000 parts of 5 MiB to 5 GiB: parts of 16 MiB make an object of 156 GiB. */
const defaultPartBytes = 16 << 20;
const partsInFlight = 2;

/** The object that is written. */
interface Target {
  bucket: string;
  key: string;
  /** The most that a request copies: 5 MiB to 5 GiB. */
  copyBytes: number;
}

/** An abort must be repeated if a part arrived meanwhile (S3's AbortMultipartUpload says so). */
const abortAttempts = 5;

/**
 * A multipart upload of one object. At most two parts are in flight, so three are in memory. It is completed with the full
 * object's CRC32, which S3 checks, and under a condition, so that no key is written twice. lib-storage's Upload can't pass
 * a full-object checksum.
 *
 * @example
 * const upload = await store.createUpload(key, 'text/csv');
 * try {
 *   await upload.write(bytes);
 *   return await upload.complete();
 * } catch (error) {
 *   await upload.abort();
 *   throw error;
 * }
 */
export class MultipartUpload {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #crc = 0;
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;
  #number = 0;
  readonly #parts: CompletedPart[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #failure: unknown;

  private constructor(
    readonly client: S3Client,
    readonly target: Target,
    readonly uploadId: string,
    readonly partBytes: number,
  ) {}

  static async create(
    client: S3Client,
    target: Target,
    contentType: string,
    partBytes = defaultPartBytes,
  ): Promise<MultipartUpload> {
    const created = await client.send(
      new CreateMultipartUploadCommand({
        Bucket: target.bucket,
        Key: target.key,
        ContentType: contentType,
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
      }),
    );
    return new MultipartUpload(client, target, String(created.UploadId), partBytes);
  }

  /** Bytes written so far, sent or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds bytes; waits while two parts are in flight. The caller must not change the buffer afterwards. */
  async write(bytes: Buffer): Promise<void> {
    this.count(bytes);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= this.partBytes) await this.#send();
  }

  /** Adds bytes that `copy` will bring from objects of the bucket: they aren't sent. An upload is of copied bytes or of written ones. */
  count(bytes: Buffer): void {
    this.#crc = crc32(bytes, this.#crc);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  /**
   * Copies whole objects on S3's side: the bytes that were counted, in their order. S3 holds their CRC32 against that of the
   * counted bytes at the completion.
   * @throws ObjectDamaged where they aren't as many bytes, or an object is another by now
   */
  async copy(objects: readonly ObjectHead[]): Promise<void> {
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
    if (bytes !== this.#bytes)
      throw new ObjectDamaged(this.target.key, `would hold ${bytes} bytes where ${this.#bytes} were read`);
    this.#parts.push(...(await copyParts(this.client, { ...this.target, uploadId: this.uploadId }, objects)));
  }

  /**
   * Completes a new object, or with `replaces` the object that still has this ETag.
   * @throws KeyExists, Conflict, ObjectDamaged; RangeError where nothing was written
   */
  async complete(replaces?: string): Promise<StoredObject> {
    if (this.#bytes === 0) throw new RangeError(`s3: ${this.target.key}: an empty object is never written`);
    if (this.#pendingBytes > 0) await this.#send();
    await Promise.all(this.#inFlight);
    if (this.#failure) throw this.#failure;
    this.#parts.sort((one, other) => Number(one.PartNumber) - Number(other.PartNumber));
    const crc = base64Of(this.#crc);
    const done = await this.#publish(crc, replaces);
    return this.#confirm(crc, this.#hash.digest('hex'), done);
  }

  async #publish(crc: string, replaces: string | undefined): Promise<{ etag?: string; versionId?: string }> {
    try {
      const done = await this.client.send(
        new CompleteMultipartUploadCommand({
          Bucket: this.target.bucket,
          Key: this.target.key,
          UploadId: this.uploadId,
          MultipartUpload: { Parts: this.#parts },
          ChecksumType: 'FULL_OBJECT',
          ChecksumCRC32: crc,
          MpuObjectSize: this.#bytes,
          IfNoneMatch: replaces === undefined ? '*' : undefined,
          IfMatch: replaces,
        }),
      );
      return { etag: done.ETag, versionId: versionOf(done.VersionId) };
    } catch (cause) {
      const { status, code } = answerOf(cause);
      // If the answer to the first attempt was lost, the client's retry finds our own object, or no upload any more.
      const own = status === 412 || status === 404 || status === 409 ? await this.#findOwn(crc) : undefined;
      if (own) return own;
      if (status === 412 && replaces === undefined) throw new KeyExists(this.target.key, { cause });
      // NoSuchKey: the object to replace is gone.
      if (status === 412 || status === 409 || code === 'NoSuchKey')
        throw new Conflict(this.target.key, replaces, { cause });
      throw cause;
    }
  }

  /** The object under the key, if this upload made it: the upload is gone, and the bytes are the same. */
  async #findOwn(crc: string): Promise<{ etag: string; versionId?: string } | undefined> {
    if (await this.#isListed()) return undefined;
    try {
      const head = await this.client.send(
        new HeadObjectCommand({ Bucket: this.target.bucket, Key: this.target.key, ChecksumMode: 'ENABLED' }),
      );
      if (head.ETag === undefined || head.ContentLength !== this.#bytes) return undefined;
      // With SSE-KMS an ETag isn't a digest of the parts; then the checksum that was sent decides.
      if (head.ETag !== this.#expectedEtag() && head.ChecksumCRC32 !== crc) return undefined;
      return { etag: head.ETag, versionId: versionOf(head.VersionId) };
    } catch (error) {
      if (answerOf(error).status === 404) return undefined;
      throw error;
    }
  }

  async #isListed(): Promise<boolean> {
    try {
      const upload = { Bucket: this.target.bucket, Key: this.target.key, UploadId: this.uploadId };
      await this.client.send(new ListPartsCommand({ ...upload, MaxParts: 1 }));
      return true;
    } catch (error) {
      const { status, code } = answerOf(error);
      if (code === 'NoSuchUpload' || status === 404) return false;
      throw error;
    }
  }

  /** The ETag of a multipart object: the MD5 of its parts' MD5s, and their number. */
  #expectedEtag(): string {
    const digests = this.#parts.map(({ ETag }) => Buffer.from(String(ETag).replaceAll('"', ''), 'hex'));
    return `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${digests.length}"`;
  }

  /** Asks S3 for the object, because an answer of 200 may carry an error. */
  async #confirm(crc: string, sha256: string, done: { etag?: string; versionId?: string }): Promise<StoredObject> {
    const { etag, versionId } = done;
    const head = await this.client.send(
      new HeadObjectCommand({ Bucket: this.target.bucket, Key: this.target.key, VersionId: versionId }),
    );
    if (head.ContentLength !== this.#bytes)
      throw new ObjectDamaged(this.target.key, `holds ${head.ContentLength} bytes where ${this.#bytes} were sent`);
    if (etag === undefined || head.ETag !== etag)
      throw new ObjectDamaged(this.target.key, `has the ETag ${head.ETag} where its completion answered ${etag}`);
    const standing = versionOf(head.VersionId);
    if (versionId !== undefined && standing !== versionId)
      throw new ObjectDamaged(
        this.target.key,
        `is version ${head.VersionId} where its completion answered ${versionId}`,
      );
    return { key: this.target.key, versionId: standing ?? versionId, etag, bytes: this.#bytes, crc32: crc, sha256 };
  }

  /**
   * Aborts until S3 no longer lists the upload; it waits for parts in flight first, so that none arrives after it. It never
   * throws, because that would hide the error that led to it: the next attempt's fence aborts what is left.
   */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    const upload = { Bucket: this.target.bucket, Key: this.target.key, UploadId: this.uploadId };
    for (let attempt = 0; attempt < abortAttempts; attempt++) {
      try {
        await this.client.send(new AbortMultipartUploadCommand(upload));
        if (!(await this.#isListed())) return;
      } catch (error) {
        const { status, code } = answerOf(error);
        if (code === 'NoSuchUpload' || status === 404) return;
      }
    }
  }

  async #send(): Promise<void> {
    const body = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    while (this.#inFlight.size >= partsInFlight) await Promise.race(this.#inFlight);
    if (this.#failure) throw this.#failure;
    const number = ++this.#number;
    const sending = this.#upload(number, body)
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
  }

  async #upload(number: number, body: Buffer): Promise<void> {
    const sent = await this.client.send(
      new UploadPartCommand({
        Bucket: this.target.bucket,
        Key: this.target.key,
        UploadId: this.uploadId,
        PartNumber: number,
        Body: body,
        // By zlib, because the client would compute it in JavaScript, at a tenth of the speed.
        ChecksumCRC32: base64Of(crc32(body)),
      }),
    );
    this.#parts.push({ PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32 });
  }
}

function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc >>> 0);
  return bytes.toString('base64');
}
