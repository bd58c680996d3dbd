import type { ObjectKey } from '../archive/keys.ts';
import { type Manifest, parseManifest } from '../archive/manifest.ts';
import type { ObjectStore } from '../s3/store.ts';

/** The manifest under a key, the latest or a given version. @throws MalformedManifest, and what the store answers */
export async function readManifest(store: ObjectStore, key: ObjectKey, versionId?: string): Promise<Manifest> {
  return parseManifest((await store.read(key, versionId)).toString('utf8'), key);
}
