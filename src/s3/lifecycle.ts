import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  type S3Client,
  type Tag,
} from '@aws-sdk/client-s3';
import { type ObjectTags, tagValue } from './objectTags.ts';
import { answerOf } from './refusal.ts';

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

/** The rules of a bucket, as they are now; a store that knows no such rules has none. */
export async function readLifecycle(
  client: S3Client,
  bucket: string,
  { prefix, tags }: { prefix: string; tags: ObjectTags },
): Promise<LifecycleFacts> {
  try {
    const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    return lifecycleFacts(Rules ?? [], prefix, tags);
  } catch (error) {
    const { code, status } = answerOf(error);
    if (code !== 'NoSuchLifecycleConfiguration' && status !== 501) throw error;
    return lifecycleFacts([], prefix);
  }
}

/**
 * What rules mean for objects below a prefix, as S3 applies them.
 * @param tags what is known of the objects' own tags
 */
export function lifecycleFacts(rules: readonly LifecycleRule[], prefix: string, tags: ObjectTags = {}): LifecycleFacts {
  const acting = rules.filter((rule) => rule.Status === 'Enabled' && appliesTo(rule, prefix, tags));
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

/** The tags that `store.tagging` gives, now or when an object was written. */
const ownTags = ['source', 'dataset', 'database', 'table', 'day'];

/** Whether an object of the archive may have a tag. One whose value isn't known here may have any. */
function mayHave({ Key, Value }: Tag, tags: ObjectTags): boolean {
  if (Key === undefined || !ownTags.includes(Key)) return false;
  const own = tags[Key];
  return own === undefined || Value === tagValue(own);
}

/** Whether a rule applies to the archive. One for tags that Sediment never gives doesn't, nor one for its staging area. */
function appliesTo(rule: LifecycleRule, prefix: string, tags: ObjectTags): boolean {
  const asked = rule.Filter?.Tag ? [rule.Filter.Tag] : (rule.Filter?.And?.Tags ?? []);
  if (!asked.every((tag) => mayHave(tag, tags))) return false;
  const ruled = prefixOf(rule);
  const own = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  if (ruled.startsWith(`${own}_staging/`)) return false;
  return own.startsWith(ruled) || ruled.startsWith(own);
}
