import { manifestKey } from '../archive/keys.ts';
import { type Manifest, parseManifest } from '../archive/manifest.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Ledger, Partition, PartitionKey } from '../mysql/ledger.ts';
import { Stopped } from './attempt.ts';
import type { Source } from './source.ts';

/** The manifest that the ledger relies on, and the objects it names, as every reader sees them now (P64). @throws Stopped */
export async function openManifest(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  key: PartitionKey,
  row: Partition,
): Promise<Manifest> {
  const shown = `${key.database}.${key.table} ${key.day}`;
  const place = manifestKey(source.place(policy), key.day);
  const standing = await source.store.head(place);
  if (!standing) throw new Stopped(`${shown}: ${place} is gone; nothing is deleted without its proof`);
  if (!standing.versionId && !source.config.store.allowUnversioned)
    throw new Stopped(
      `${shown}: bucket ${source.store.bucket} keeps no versions; turn versioning on, or set store.allowUnversioned`,
    );
  const manifest = parseManifest((await source.store.read(place, standing.versionId)).toString('utf8'));
  const version = standing.versionId ?? standing.etag;
  if (version !== row.manifestVersion) {
    // Two committers at once may both have written, where the store lets them: the same objects are the same proof.
    if (JSON.stringify(manifest.parts) !== JSON.stringify(await ledger.readParts(key)))
      throw new Stopped(
        `${shown}: ${place} names other objects than the ledger relies on; nothing is deleted without its proof`,
      );
    await ledger.session.transaction(async () => {
      await ledger.holdEpoch(key, row.epoch);
      await ledger.setManifestVersion(key, version);
    });
    row.manifestVersion = version;
  }
  if (
    manifest.source.database !== key.database ||
    manifest.source.table !== key.table ||
    manifest.day !== key.day ||
    manifest.salt !== row.salt ||
    manifest.rows !== row.rowsArchived
  )
    throw new Stopped(`${shown}: ${place} is the manifest of another partition`);
  for (const part of manifest.parts)
    for (const object of [part.object, part.chunkIndex]) {
      const head = await source.store.head(object.key);
      if (!head || head.bytes !== object.bytes || head.etag !== object.etag || head.versionId !== object.versionId)
        throw new Stopped(
          `${shown}: ${object.key} is ${head ? 'not the version that was verified' : 'gone'}; put it back from its versions, then go on`,
        );
    }
  return manifest;
}
