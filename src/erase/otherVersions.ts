import type { Manifest } from '../archive/manifest.ts';
import type { Job } from '../job/job.ts';
import { namedObjects } from '../partition/removeObjects.ts';
import { versionsOfDay } from '../partition/versionsOfDay.ts';
import type { ObjectVersion } from '../s3/versions.ts';

/**
 * Every version of a day's archive that isn't what the manifest names now: replaced objects, manifests and traces of
 * before, remains of attempts that died. What isn't of Sediment's making is left alone.
 * @param below only parts of attempts before this epoch: those of later ones may be under way
 */
export async function otherVersions(
  job: Pick<Job, 'source' | 'policy' | 'key'>,
  manifest: Pick<Manifest, 'parts'>,
  below: number,
): Promise<ObjectVersion[]> {
  const named = namedObjects(job.source.folderOf(job.policy), job.key.day, manifest.parts);
  const found: ObjectVersion[] = [];
  for await (const version of versionsOfDay(job, below))
    if (!(version.isLatest && named.has(version.key))) found.push(version);
  return found;
}
