import { GetObjectLockConfigurationCommand, type S3Client } from '@aws-sdk/client-s3';
import { answerOf } from './refusal.ts';

/** How long a version is kept, and from whom. */
export interface Retention {
  /** `GOVERNANCE`: who has the right to bypass it may delete; `COMPLIANCE`: nobody may. */
  mode: 'GOVERNANCE' | 'COMPLIANCE';
  days?: number | undefined;
  years?: number | undefined;
}

/** A bucket's Object Lock that is turned on. */
export interface BucketLock {
  /** Of each version that is written without a lock of its own; undefined: none. */
  byDefault: Retention | undefined;
}

/** Undefined where it is off: then S3 refuses an object that is to be locked. */
export async function readObjectLock(client: S3Client, bucket: string): Promise<BucketLock | undefined> {
  try {
    const { ObjectLockConfiguration: found } = await client.send(
      new GetObjectLockConfigurationCommand({ Bucket: bucket }),
    );
    if (found?.ObjectLockEnabled !== 'Enabled') return undefined;
    const { Mode, Days, Years } = found.Rule?.DefaultRetention ?? {};
    // A period of 0 is how some stores say none.
    return { byDefault: Mode ? { mode: Mode, days: Days || undefined, years: Years || undefined } : undefined };
  } catch (error) {
    const { code, status } = answerOf(error);
    if (code === 'ObjectLockConfigurationNotFoundError' || status === 404 || status === 501) return undefined;
    throw error;
  }
}
