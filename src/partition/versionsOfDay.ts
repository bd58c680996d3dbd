import { dayPrefix, manifestKey, parsePartKey, supersededKey, traceKey } from '../archive/keys.ts';
import type { Job } from '../job/job.ts';
import type { ObjectVersion, VersionName } from '../s3/versions.ts';

/**
 * Every version of Sediment's making in a day's folder, and below `_superseded/`, deletion marks too. What isn't of its
 * making is left out.
 * @param below only parts of attempts before this epoch: those of later ones may be under way
 */
export async function* versionsOfDay(
  { source, policy, key }: Pick<Job, 'source' | 'policy' | 'key'>,
  below: number,
): AsyncGenerator<ObjectVersion> {
  const folder = source.folderOf(policy);
  const prefix = dayPrefix(folder, key.day);
  const small = new Set([manifestKey(folder, key.day), traceKey(folder, key.day)]);
  for await (const version of source.store.versions(prefix)) {
    const name = parsePartKey(folder, key.day, version.key);
    if (small.has(version.key) || (name !== undefined && name.epoch < below)) yield version;
  }
  yield* source.store.versions(supersededKey(folder.prefix, prefix));
}

/** The first version that nobody can delete now, and until when; undefined where all can be. */
export async function firstLocked(
  { source }: Pick<Job, 'source'>,
  versions: readonly VersionName[],
): Promise<{ key: string; until: string } | undefined> {
  for (const { key, versionId } of versions) {
    const until = await source.store.lockOf({ key, versionId });
    if (until !== undefined && (until === 'a legal hold' || Date.parse(until) > source.now()))
      return { key, until: until === 'a legal hold' ? 'by a legal hold' : `until ${until}` };
  }
  return undefined;
}
