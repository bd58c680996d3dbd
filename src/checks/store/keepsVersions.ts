import { type Check, refuse } from '../check.ts';
import type { StoreFacts } from './facts.ts';

/** Without versions, what is overwritten or deleted by mistake is gone, and it may be the only copy. */
export const keepsVersions: Check<StoreFacts> = {
  name: 'keepsVersions',
  scope: 'store',
  when: ['doctor', 'slice'],
  run({ bucket, versioning, allowUnversioned }) {
    if (versioning || allowUnversioned) return [];
    return refuse(
      `bucket ${bucket} keeps no versions`,
      `turn versioning on (aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled), ` +
        'or set store.allowUnversioned; nothing is purged before',
    );
  },
};
