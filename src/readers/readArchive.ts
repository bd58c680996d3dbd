import { gunzipSync } from 'node:zlib';
import { parseChunkIndex } from '../archive/chunk.ts';
import { tablePrefix } from '../archive/keys.ts';
import { type Manifest, parseManifest } from '../archive/manifest.ts';
import type { ObjectStore } from '../s3/store.ts';
import type { ArchiveLocation } from './archiveShape.ts';
import { partsWithLongLines } from './longestLine.ts';

/** Requests in flight at once: a table of ten years has 3,650 manifests. */
const atOnce = 16;

/** The newest manifest of each of a table's days. @throws MalformedManifest, and what the store answers */
export async function readManifests(
  store: ObjectStore,
  { folder }: Pick<ArchiveLocation, 'folder'>,
): Promise<Manifest[]> {
  const keys: string[] = [];
  for await (const page of store.listPages(tablePrefix(folder)))
    for (const { key } of page) if (key.endsWith('/_manifest.json')) keys.push(key);
  return inParallel(keys, async (key) => parseManifest((await store.read(key)).toString('utf8'), key));
}

/** A bound of the archive's longest line in bytes, as exact as the chunk indexes are, where one may be over `bytes`. */
export async function readLongestLine(
  store: ObjectStore,
  manifests: readonly Manifest[],
  bytes: number,
): Promise<number> {
  const lines = await inParallel(partsWithLongLines(manifests, bytes), async ({ chunkIndex }) => {
    const index = gunzipSync(await store.read(chunkIndex.key, { versionId: chunkIndex.versionId })).toString('utf8');
    return largest(parseChunkIndex(index).map(({ uncompressedBytes, rows }) => uncompressedBytes - rows + 1));
  });
  return largest(lines);
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, each) => Math.max(most, each), 0);
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += atOnce)
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  return results;
}
