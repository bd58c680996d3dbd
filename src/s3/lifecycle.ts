import type { LifecycleRule } from '@aws-sdk/client-s3';

/** What a bucket's lifecycle rules mean for the archive below a prefix. */
export interface LifecycleFacts {
  /** Rules that remove current objects of the archive. */
  expiring: readonly string[];
  /** Rules that move current objects where no reader gets them at once, each with the storage class. */
  archiving: readonly string[];
  /** Rules that remove older versions: a purge may have relied on one of these. */
  noncurrent: readonly string[];
  /** Whether a rule ends unfinished uploads. */
  abortsUploads: boolean;
}

/** What rules mean for objects below a prefix, as S3 applies them. */
export function lifecycleFacts(rules: readonly LifecycleRule[], prefix: string): LifecycleFacts {
  const acting = rules.filter((rule) => rule.Status === 'Enabled' && appliesTo(rule, prefix));
  const named = (rule: LifecycleRule) => rule.ID ?? `of prefix "${prefixOf(rule)}"`;
  return {
    expiring: acting
      .filter(({ Expiration }) => Expiration?.Days !== undefined || Expiration?.Date !== undefined)
      .map(named),
    archiving: acting.flatMap((rule) =>
      (rule.Transitions ?? [])
        .filter(({ StorageClass }) => StorageClass === 'GLACIER' || StorageClass === 'DEEP_ARCHIVE')
        .map(({ StorageClass }) => `${named(rule)} (to ${StorageClass})`),
    ),
    noncurrent: acting.filter((rule) => rule.NoncurrentVersionExpiration).map(named),
    abortsUploads: acting.some((rule) => rule.AbortIncompleteMultipartUpload),
  };
}

function prefixOf(rule: LifecycleRule): string {
  return rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? rule.Prefix ?? '';
}

/** Whether a rule applies to the archive. One for tagged objects doesn't, because Sediment tags none; nor does one for its staging area. */
function appliesTo(rule: LifecycleRule, prefix: string): boolean {
  if (rule.Filter?.Tag || rule.Filter?.And?.Tags?.length) return false;
  const ruled = prefixOf(rule);
  const own = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  if (ruled.startsWith(`${own}_staging/`)) return false;
  return own.startsWith(ruled) || ruled.startsWith(own);
}
