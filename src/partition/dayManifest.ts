import { manifestKey } from '../archive/keys.ts';
import { MalformedManifest, type Manifest } from '../archive/manifest.ts';
import type { TablePolicy } from '../config/policy.ts';
import { Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { readManifest } from './readManifest.ts';

/** A day's manifest as it is now, for whoever only reads. @throws Stopped, which names the day */
export async function dayManifest(source: Source, policy: TablePolicy, day: Day): Promise<Manifest> {
  const key = manifestKey(source.folderOf(policy), day);
  const name = `${formatTableName(policy)} ${day}`;
  const head = await source.store.head(key);
  if (!head) throw new Stopped(`${name}: ${key} is gone; put it back from its versions, then go on`);
  try {
    return await readManifest(source.store, key, head.versionId);
  } catch (error) {
    if (error instanceof MalformedManifest) throw new Stopped(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
