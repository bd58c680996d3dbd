import { manifestKey, tablePrefix } from '../archive/keys.ts';
import type { TablePolicy } from '../config/policy.ts';
import { Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Day, parseDay } from '../model/day.ts';
import { readManifest } from './readManifest.ts';

/**
 * After a restore or a rewind, at a person's word: takes over every manifest of a table that is newer than the ledger.
 * What a restored table holds again is proved and deleted again; what it holds otherwise is drift, and healed as such.
 *
 * @returns the days that were brought forward
 */
export async function adoptManifests(source: Source, ledger: Ledger, policy: TablePolicy): Promise<Day[]> {
  const place = source.place(policy);
  const keys = (await source.store.list(tablePrefix(place))).filter((key) => key.endsWith('/_manifest.json'));
  const adopted: Day[] = [];
  for (const object of keys) {
    const standing = await source.store.head(object);
    if (!standing) continue;
    const manifest = await readManifest(source.store, object, standing.versionId);
    const day = parseDay(manifest.day);
    if (manifest.source.name !== source.config.source.name || manifestKey(place, day) !== object)
      throw new Stopped(`${object} is the manifest of another partition, or of another source; it is not taken over`);
    const key = { database: policy.database, table: policy.table, day };
    const row = await ledger.readPartition(key);
    const version = standing.versionId ?? standing.etag;
    if (row && row.manifestVersion === version) continue;
    await ledger.adopt(key, manifest, { key: object, version });
    adopted.push(day);
  }
  return adopted;
}
