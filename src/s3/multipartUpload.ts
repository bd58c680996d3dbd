import { createHash } from 'node:crypto';
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
import { Conflict, KeyExists, ObjectDamaged } from './errors.ts';
import { answerOf } from './refusal.ts';
import type { StoredObject } from './storedObject.ts';
import { versionOf } from './versionId.ts';

/** S3 takes 10,000 parts of 5 MiB to 5 GiB: 16 MiB allow an object of 156 GiB. */
const defaultPartBytes = 16 << 20;
const partsInFlight = 2;
/** An abort may have to be repeated where a part was landing. */
const abortAttempts = 5;

/**
 * One object's upload, in parts, two in flight at most, so that it holds three parts in memory. Completed with the full
 * object's CRC32, which S3 checks, and under a condition, so that no key is written twice. lib-storage's Upload can't
 * pass the full checksum.
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
  #bytes = 0;
  #number = 0;
  readonly #parts: CompletedPart[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #failure: unknown;

  private constructor(
    readonly client: S3Client,
    readonly bucket: string,
    readonly key: string,
    readonly uploadId: string,
    readonly partBytes: number,
  ) {}

  static async create(
    client: S3Client,
    bucket: string,
    key: string,
    contentType: string,
    partBytes = defaultPartBytes,
  ): Promise<MultipartUpload> {
    const created = await client.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        ContentType: contentType,
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
      }),
    );
    return new MultipartUpload(client, bucket, key, String(created.UploadId), partBytes);
  }

  /** Bytes taken so far, sent or not. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes bytes; waits while two parts are under way. The buffer must not be written to afterwards. */
  async write(bytes: Buffer): Promise<void> {
    this.#crc = crc32(bytes, this.#crc);
    this.#bytes += bytes.length;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= this.partBytes) await this.#send();
  }

  /**
   * Completes a new object, or with `replaces` one whose ETag is still that one.
   * @throws KeyExists, Conflict, ObjectDamaged; RangeError where nothing was written
   */
  async complete(replaces?: string): Promise<StoredObject> {
    if (this.#bytes === 0) throw new RangeError(`s3: ${this.key}: an empty object is never written`);
    if (this.#pendingBytes > 0) await this.#send();
    await Promise.all(this.#inFlight);
    if (this.#failure) throw this.#failure;
    this.#parts.sort((one, other) => Number(one.PartNumber) - Number(other.PartNumber));
    const crc = base64Of(this.#crc);
    const done = await this.#publish(crc, replaces);
    return this.#confirm(crc, done);
  }

  async #publish(crc: string, replaces: string | undefined): Promise<{ etag?: string; versionId?: string }> {
    try {
      const done = await this.client.send(
        new CompleteMultipartUploadCommand({
          Bucket: this.bucket,
          Key: this.key,
          UploadId: this.uploadId,
          MultipartUpload: { Parts: this.#parts },
          ChecksumType: 'FULL_OBJECT',
          ChecksumCRC32: crc,
          MpuObjectSize: this.#bytes,
          ...(replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: replaces }),
        }),
      );
      const versionId = versionOf(done.VersionId);
      return {
        ...(done.ETag === undefined ? {} : { etag: done.ETag }),
        ...(versionId === undefined ? {} : { versionId }),
      };
    } catch (cause) {
      const { status, code } = answerOf(cause);
      // Where the answer to the first try was lost, the client's next one meets our own object, or no upload any more.
      const own = status === 412 || status === 404 || status === 409 ? await this.#findOwn(crc) : undefined;
      if (own) return own;
      if (status === 412 && replaces === undefined) throw new KeyExists(this.key, { cause });
      // NoSuchKey: what was to be replaced is gone.
      if (status === 412 || status === 409 || code === 'NoSuchKey') throw new Conflict(this.key, replaces, { cause });
      throw cause;
    }
  }

  /** The object that stands under the key, if it came of this very upload: that is gone, and the bytes are the same. */
  async #findOwn(crc: string): Promise<{ etag: string; versionId?: string } | undefined> {
    if (await this.#isListed()) return undefined;
    try {
      const head = await this.client.send(
        new HeadObjectCommand({ Bucket: this.bucket, Key: this.key, ChecksumMode: 'ENABLED' }),
      );
      if (head.ETag === undefined || head.ContentLength !== this.#bytes) return undefined;
      // Under some kinds of encryption an ETag is no digest of the parts; S3 then has the checksum that was sent.
      if (head.ETag !== this.#expectedEtag() && head.ChecksumCRC32 !== crc) return undefined;
      const versionId = versionOf(head.VersionId);
      return { etag: head.ETag, ...(versionId === undefined ? {} : { versionId }) };
    } catch (error) {
      if (answerOf(error).status === 404) return undefined;
      throw error;
    }
  }

  async #isListed(): Promise<boolean> {
    try {
      const upload = { Bucket: this.bucket, Key: this.key, UploadId: this.uploadId };
      await this.client.send(new ListPartsCommand({ ...upload, MaxParts: 1 }));
      return true;
    } catch (error) {
      const { status, code } = answerOf(error);
      if (code === 'NoSuchUpload' || status === 404) return false;
      throw error;
    }
  }

  /** The ETag of an object of several parts: the MD5 of their MD5s, and their number. */
  #expectedEtag(): string {
    const digests = this.#parts.map(({ ETag }) => Buffer.from(String(ETag).replaceAll('"', ''), 'hex'));
    return `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${digests.length}"`;
  }

  /** A 200 may carry an error body: what S3 holds now is asked for. */
  async #confirm(crc: string, done: { etag?: string; versionId?: string }): Promise<StoredObject> {
    const { etag, versionId } = done;
    const head = await this.client.send(
      new HeadObjectCommand({ Bucket: this.bucket, Key: this.key, VersionId: versionId }),
    );
    if (head.ContentLength !== this.#bytes)
      throw new ObjectDamaged(this.key, `holds ${head.ContentLength} bytes where ${this.#bytes} were sent`);
    if (etag === undefined || head.ETag !== etag)
      throw new ObjectDamaged(this.key, `has the ETag ${head.ETag} where its completion answered ${etag}`);
    const standing = versionOf(head.VersionId);
    if (versionId !== undefined && standing !== versionId)
      throw new ObjectDamaged(this.key, `is version ${head.VersionId} where its completion answered ${versionId}`);
    return { key: this.key, versionId: standing ?? versionId, etag, bytes: this.#bytes, crc32: crc };
  }

  /**
   * Aborts until S3 knows the upload no more; parts under way are waited for, so that none lands after it. Never throws,
   * so that it hides no error that led to it: an upload that S3 won't let go of is aborted by whoever fences next.
   */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    const upload = { Bucket: this.bucket, Key: this.key, UploadId: this.uploadId };
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
        Bucket: this.bucket,
        Key: this.key,
        UploadId: this.uploadId,
        PartNumber: number,
        Body: body,
        // zlib's own: the client would compute it in JavaScript, at a tenth of the speed.
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
