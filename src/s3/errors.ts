/** If-None-Match refused the write, because an object with this key exists. */
export class KeyExists extends Error {
  override readonly name = 'KeyExists';
  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`s3: ${key} exists already; read it, it is never written over`, options);
  }
}

/** If-Match refused a replacement, because another write came first: the object isn't the one that was read. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
  constructor(
    readonly key: string,
    /** The ETag that was expected; none where a new object was written. */
    readonly etag: string | undefined,
    options?: ErrorOptions,
  ) {
    super(`s3: ${key} was written by another meanwhile; read it again and decide again`, options);
  }
}

/** S3 returned something else than was written. It never counts as verified. */
export class ObjectDamaged extends Error {
  override readonly name: string = 'ObjectDamaged';
  constructor(
    readonly key: string,
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(`s3: ${key}: ${what}`, options);
  }
}

/** A body ended before its Content-Length: the connection's fault, not the object's. Read it again. */
export class ObjectTruncated extends ObjectDamaged {
  override readonly name = 'ObjectTruncated';
  constructor(
    key: string,
    readonly receivedBytes: number,
    readonly announcedBytes: number,
    options?: ErrorOptions,
  ) {
    super(key, `cut off after ${receivedBytes} of ${announcedBytes} bytes; it will be read again`, options);
  }
}

/** No bucket, no access or no answer: the message says which, and what to do. */
export class StoreRefused extends Error {
  override readonly name: string = 'StoreRefused';
}

export class NoBucket extends StoreRefused {
  override readonly name = 'NoBucket';
  constructor(
    readonly bucket: string,
    options?: ErrorOptions,
  ) {
    super(`s3: there is no bucket ${bucket}; create it, with versioning on, or mend store.bucket`, options);
  }
}

/** The bucket is in another region than the config says. */
export class WrongRegion extends StoreRefused {
  override readonly name = 'WrongRegion';
  constructor(
    readonly bucket: string,
    /** Where S3 says that it is; undefined if its answer doesn't say. */
    readonly region: string | undefined,
    /** What was asked: the endpoint, or the region where AWS's own is used. */
    address: string,
    options?: ErrorOptions,
  ) {
    const remedy = region ? `it is in ${region}; write store.region: ${region}` : 'S3 says; mend store.region';
    super(`s3: bucket ${bucket} isn't at ${address}, ${remedy}`, options);
  }
}

/** The store doesn't know a request that Sediment needs. */
export class StoreLacks extends StoreRefused {
  override readonly name = 'StoreLacks';
  constructor(
    /** What was called: the endpoint, or the region where AWS's own is used. */
    address: string,
    /** The request, as S3's manual names it. */
    readonly request: string,
    /** The store's own words. */
    says: string,
    options?: ErrorOptions,
  ) {
    super(
      `s3: the store at ${address} doesn't support ${request} as Sediment sends it (${says}); ` +
        `it needs multipart uploads with CRC32 checksums and conditional writes: use a store, or a release of it, that has them`,
      options,
    );
  }
}

const keys = 'look at the role or the keys of this process';

/** What to do about S3's own codes; for every other one, `keys`. */
const accessRemedies: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: "the secret key isn't the one of its key id; mend AWS_SECRET_ACCESS_KEY, or the profile",
  InvalidAccessKeyId: 'the store knows no such key id; mend AWS_ACCESS_KEY_ID, or the profile',
  ExpiredToken: 'the session token has expired; get new credentials, and restart what was given the old ones',
  TokenRefreshRequired: 'the session token has expired; get new credentials, and restart what was given the old ones',
  InvalidToken: "the session token isn't valid; mend AWS_SESSION_TOKEN, or unset it where the key needs none",
  RequestTimeTooSkewed: "this machine's clock is wrong; set it by NTP",
  AccessDenied: 'the keys are valid and the right is missing; give the role what docs/deploy.md lists',
};

export class AccessRefused extends StoreRefused {
  override readonly name = 'AccessRefused';
  constructor(
    readonly bucket: string,
    /** S3's own code, such as InvalidAccessKeyId; the status where it sent none. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`s3: access to bucket ${bucket} was refused (${code}); ${accessRemedies[code] ?? keys}`, options);
  }
}

/** The object lies in an archive tier: no request reads it before it is restored. */
export class ObjectArchived extends StoreRefused {
  override readonly name = 'ObjectArchived';
  constructor(
    readonly bucket: string,
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(
      `s3: ${key} lies in an archive tier, where nothing reads it; restore it, which takes hours, then go on: ` +
        `aws s3api restore-object --bucket ${bucket} --key '${key}' --restore-request '{}'`,
      options,
    );
  }
}

export class StoreUnreachable extends StoreRefused {
  override readonly name = 'StoreUnreachable';
  constructor(
    /** What was called: the endpoint, or the region where AWS's own is used. */
    readonly address: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`s3: the store at ${address} doesn't answer (${reason}); look at store.endpoint and the network`, options);
  }
}

/** Something answers at the endpoint, and not as a store: nothing that waiting mends. */
export class NoStoreThere extends StoreRefused {
  override readonly name = 'NoStoreThere';
  constructor(
    /** What was called: the endpoint, or the region where AWS's own is used. */
    readonly address: string,
    readonly says: string,
    options?: ErrorOptions,
  ) {
    super(`s3: no store answers at ${address}: ${says}; mend store.endpoint`, options);
  }
}

/** The store failed by itself and said no more, as to a HEAD; the request is tried again. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed';
  constructor(
    /** What was called: the endpoint, or the region where AWS's own is used. */
    address: string,
    readonly status: number,
    /** The request, as S3's manual names it. */
    request: string,
    options?: ErrorOptions,
  ) {
    super(
      `s3: the store at ${address} answered ${request} with ${status}, a failure of its own; look at the store`,
      options,
    );
  }
}
