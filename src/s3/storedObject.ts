/** An object as it was written, and as a read of this version must return it. */
export interface StoredObject {
  key: string;
  versionId?: string | undefined;
  etag: string;
  bytes: number;
  /** CRC32 of the whole object, base64; S3 checked it when it accepted the object. */
  crc32: string;
  /** SHA-256 of the whole object, in hex, of the bytes that were sent; reading it back proves that S3 has them. */
  sha256?: string | undefined;
}

export interface ObjectHead {
  key: string;
  versionId?: string;
  etag: string;
  bytes: number;
  /** Left out by S3 for STANDARD. */
  storageClass?: string | undefined;
  /** Of INTELLIGENT_TIERING: the archive tier that S3 has moved it to. A listing doesn't have it. */
  archiveStatus?: string;
}

/** How an object is replaced: only if it has this ETag, and after `check`. */
export interface Replacement {
  etag: string;
  contentType?: string;
  check?: (() => Promise<unknown>) | undefined;
}
