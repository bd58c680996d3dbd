import type { LifecycleRule } from '@aws-sdk/client-s3';

/** What a bucket's lifecycle rules mean for the archive below a prefix. */
export interface LifecycleFacts {
  /** Rules that remove current objects of the archive. */
  expiring: readonly string[];
  /** Rules that remove older versions: what a purge has relied on may be among them. */
  noncurrent: readonly string[];
  /** Whether a rule ends unfinished uploads. */
  abortsUploads: boolean;
}

/** Reads the rules as S3 does. Pure. */
export function lifecycleFacts(rules: readonly LifecycleRule[], prefix: string): LifecycleFacts {
  const acting = rules.filter((rule) => rule.Status === 'Enabled' && meets(rule, prefix));
  const named = (rule: LifecycleRule) => rule.ID ?? `of prefix "${prefixOf(rule)}"`;
  return {
    expiring: acting.filter(({ Expiration }) => Expiration?.Days || Expiration?.Date).map(named),
    noncurrent: acting.filter((rule) => rule.NoncurrentVersionExpiration).map(named),
    abortsUploads: acting.some((rule) => rule.AbortIncompleteMultipartUpload),
  };
}

function prefixOf(rule: LifecycleRule): string {
  return rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? rule.Prefix ?? '';
}

/** Sediment tags nothing, so a rule for tagged objects meets none of its own; nor does one for its staging area. */
function meets(rule: LifecycleRule, prefix: string): boolean {
  if (rule.Filter?.Tag || rule.Filter?.And?.Tags?.length) return false;
  const ruled = prefixOf(rule);
  const own = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  if (ruled.startsWith(`${own}_staging/`)) return false;
  return own.startsWith(ruled) || ruled.startsWith(own);
}
