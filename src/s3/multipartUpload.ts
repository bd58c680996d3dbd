import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { KeyExists, ObjectDamaged } from './errors.ts';
import type { StoredObject } from './store.ts';

const partBytes = 16 << 20;
const partsInFlight = 2;

/**
 * One object's upload, in parts of 16 MiB, two in flight at most. Completed with the full object's CRC32, which S3 checks,
 * and If-None-Match, so that no key is written twice. lib-storage's Upload can't pass the full checksum.
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
  ) {}

  static async create(client: S3Client, bucket: string, key: string, contentType: string): Promise<MultipartUpload> {
    const created = await client.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        ContentType: contentType,
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
      }),
    );
    return new MultipartUpload(client, bucket, key, String(created.UploadId));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes bytes; waits while two parts are under way. */
  async write(bytes: Buffer): Promise<void> {
    this.#crc = crc32(bytes, this.#crc);
    this.#bytes += bytes.length;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= partBytes) await this.#send();
  }

  /** @throws KeyExists, ObjectDamaged */
  async complete(): Promise<StoredObject> {
    if (this.#bytes === 0) throw new RangeError(`s3: ${this.key}: an empty object is never written`);
    if (this.#pendingBytes > 0) await this.#send();
    await Promise.all(this.#inFlight);
    if (this.#failure) throw this.#failure;
    this.#parts.sort((one, other) => Number(one.PartNumber) - Number(other.PartNumber));
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(this.#crc >>> 0);
    const crc = checksum.toString('base64');
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
          IfNoneMatch: '*',
        }),
      );
      return await this.#confirm(crc, done.VersionId);
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) throw new KeyExists(this.key);
      throw error;
    }
  }

  /** A 200 may carry an error body: what S3 holds now is asked for. */
  async #confirm(crc: string, versionId: string | undefined): Promise<StoredObject> {
    const head = await this.client.send(
      new HeadObjectCommand({ Bucket: this.bucket, Key: this.key, VersionId: versionId }),
    );
    if (head.ContentLength !== this.#bytes)
      throw new ObjectDamaged(this.key, `holds ${head.ContentLength} bytes where ${this.#bytes} were sent`);
    return {
      key: this.key,
      versionId: head.VersionId ?? versionId,
      etag: String(head.ETag),
      bytes: this.#bytes,
      crc32: crc,
    };
  }

  /** Aborts; the parts that were under way are waited for, so that none lands after it. Never throws. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    await this.client
      .send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: this.key, UploadId: this.uploadId }))
      .catch(() => undefined);
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
        ChecksumAlgorithm: 'CRC32',
      }),
    );
    this.#parts.push({ PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32 });
  }
}
