/** The key is taken: If-None-Match refused the write. Somebody else has finished it. */
export class KeyExists extends Error {
  override readonly name = 'KeyExists';
  constructor(readonly key: string) {
    super(`s3: ${key} exists already`);
  }
}

/** The object or bucket answered with something that isn't what was written. Never counted as verified. */
export class ObjectDamaged extends Error {
  override readonly name = 'ObjectDamaged';
  constructor(
    readonly key: string,
    readonly what: string,
  ) {
    super(`s3: ${key}: ${what}`);
  }
}

/** No bucket, no access or no answer: one line that says which, and what to do. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}
