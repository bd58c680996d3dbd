import { gunzipSync } from 'node:zlib';
import { chunkDigest, parseChunkIndex } from '../archive/chunk.ts';
import { encodingOf } from '../archive/column.ts';
import { digestCsv, mergeDigests, sameDigest } from '../archive/digest.ts';
import { parsePartKey, supersededKey } from '../archive/keys.ts';
import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Source } from '../job/source.ts';
import type { Day } from '../model/day.ts';
import { unpackChunk } from '../partition/unpackChunk.ts';
import { ObjectDamaged } from '../s3/errors.ts';

/** The parts that heals have replaced, where they are now. One that somebody has removed since is left out. */
export async function supersededParts(
  source: Source,
  policy: TablePolicy,
  manifest: Manifest,
): Promise<ManifestPart[]> {
  const folder = source.folderOf(policy);
  const indexes = new Map<string, string>();
  const parts: { key: string; number: number; id: string }[] = [];
  for (const key of new Set(manifest.heals.flatMap(({ superseded }) => superseded))) {
    const name = parsePartKey(folder, manifest.day as Day, key);
    if (!name) continue;
    const id = `${name.part}.${name.epoch}`;
    if (name.kind === 'chunkIndex') indexes.set(id, supersededKey(folder.prefix, key));
    else parts.push({ key: supersededKey(folder.prefix, key), number: name.part, id });
  }
  const found: ManifestPart[] = [];
  for (const { key, number, id } of parts) {
    const index = indexes.get(id);
    const part = index === undefined ? undefined : await readPart(source, manifest, { key, index, number });
    if (part) found.push(part);
  }
  return found;
}

/** No manifest says any more how many columns a replaced part has: its first chunk's digest does. */
async function readPart(
  { store }: Source,
  manifest: Manifest,
  { key, index, number }: { key: string; index: string; number: number },
): Promise<ManifestPart | undefined> {
  const [head, indexHead] = await Promise.all([store.head(key), store.head(index)]);
  if (!head || !indexHead) return undefined;
  const chunks = parseChunkIndex(gunzipSync(await store.read(index, indexHead.versionId)).toString('utf8'));
  const [first] = chunks;
  if (!first) return undefined;
  const range = { start: first.offset, end: first.offset + first.bytes - 1 };
  const member = await store.read(key, { versionId: head.versionId, range });
  const csv = await unpackChunk(key, first, 'its first chunk', member);
  const encodings = manifest.columns.map(encodingOf);
  const widths = encodings.map((_, position) => encodings.length - position);
  const width = widths.find((each) => {
    try {
      return sameDigest(digestCsv(csv, encodings.slice(0, each), manifest.salt), chunkDigest(first));
    } catch {
      return false;
    }
  });
  if (width === undefined)
    throw new ObjectDamaged(key, 'its first chunk isn’t what its index says; look at its versions');
  const digest = mergeDigests(chunks.map(chunkDigest));
  return {
    part: number,
    pass: 1,
    object: { ...head, crc32: '' },
    chunkIndex: { ...indexHead, crc32: '' },
    uncompressedBytes: chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0),
    sha256: '',
    rows: digest.rows,
    xor: digest.xor,
    chunks: chunks.length,
    width,
    endCursor: chunks.at(-1)?.cursor ?? [],
  };
}
