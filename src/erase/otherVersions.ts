import { dayPrefix, manifestKey, parsePartKey, supersededKey, traceKey } from '../archive/keys.ts';
import type { Manifest } from '../archive/manifest.ts';
import type { Job } from '../job/job.ts';
import { namedObjects } from '../partition/removeObjects.ts';
import type { ObjectVersion } from '../s3/versions.ts';

/**
 * Every version in a day's folder, and below `_superseded/`, that isn't what the manifest names now: replaced objects,
 * manifests and traces of before, remains of attempts that died. What isn't of Sediment's making is left alone.
 * @param below only parts of attempts before this epoch: those of later ones may be under way
 */
export async function otherVersions(
  { source, policy, key }: Pick<Job, 'source' | 'policy' | 'key'>,
  manifest: Pick<Manifest, 'parts'>,
  below: number,
): Promise<ObjectVersion[]> {
  const folder = source.folderOf(policy);
  const prefix = dayPrefix(folder, key.day);
  const named = namedObjects(folder, key.day, manifest.parts);
  const small = new Set([manifestKey(folder, key.day), traceKey(folder, key.day)]);
  const found: ObjectVersion[] = [];
  for await (const version of source.store.versions(prefix)) {
    const name = parsePartKey(folder, key.day, version.key);
    const own = small.has(version.key) || (name !== undefined && name.epoch < below);
    if (own && !(version.isLatest && named.has(version.key))) found.push(version);
  }
  for await (const version of source.store.versions(supersededKey(folder.prefix, prefix))) found.push(version);
  return found;
}
