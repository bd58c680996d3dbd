import { type Check, refuse } from '../check.ts';
import type { StoreFacts } from './facts.ts';

/** A policy asks for Object Lock, and only a bucket that has it turned on takes such objects. */
export const locksObjects: Check<StoreFacts> = {
  name: 'locksObjects',
  scope: 'store',
  when: ['doctor', 'slice'],
  run({ bucket, objectLock, locking }) {
    if (objectLock !== false || locking.every(({ lock }) => lock === undefined)) return [];
    return refuse(
      `bucket ${bucket} has no Object Lock, and archive.lock asks for it`,
      `turn it on (aws s3api put-object-lock-configuration --bucket ${bucket} ` +
        '--object-lock-configuration ObjectLockEnabled=Enabled), or take archive.lock out of the policy',
    );
  },
};
