import type { Chunk } from '../archive/chunk.ts';
import { type BoundedChunk, boundChunks } from '../archive/chunkBounds.ts';
import { type Encoding, encodingOf } from '../archive/column.ts';
import { type Digest, digestCsv } from '../archive/digest.ts';
import type { Manifest } from '../archive/manifest.ts';
import { recodeCsv } from '../archive/recode.ts';
import type { SchemaChange } from '../archive/schemaChange.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { ObjectStore } from '../s3/store.ts';
import { readChunkIndex } from './readChunkIndex.ts';
import { requireIndexed, unpackChunk } from './unpackChunk.ts';

const indexesAtOnce = 16;

/** The chunks of one pass, in their places. */
export async function readChunks(store: ObjectStore, manifest: Manifest, pass: number): Promise<BoundedChunk[]> {
  const parts = manifest.parts.filter((each) => each.pass === pass);
  const indexes: { part: (typeof parts)[number]; chunks: Chunk[] }[] = [];
  // A day of thousands of parts would else spend its slice on one GET after the other.
  for (let at = 0; at < parts.length; at += indexesAtOnce) {
    const some = parts.slice(at, at + indexesAtOnce);
    indexes.push(
      ...(await Promise.all(some.map(async (part) => ({ part, chunks: await readChunkIndex(store, part) })))),
    );
  }
  return boundChunks(indexes);
}

/** A chunk as it is in S3: its bytes in the object, and its rows, proved by its digest. */
export interface ArchivedChunk {
  member: Buffer;
  csv: Buffer;
}

/** A chunk, and the part whose object holds it. */
export type ChunkOfPart = Chunk & Pick<BoundedChunk, 'part'>;

/** One ranged GET by version. @throws ObjectDamaged where the rows aren't those of the digest */
export async function readArchivedChunk(
  store: ObjectStore,
  manifest: Manifest,
  chunk: ChunkOfPart,
  encodings: readonly Encoding[],
): Promise<ArchivedChunk> {
  const { part } = chunk;
  const { key, versionId } = part.object;
  const range = { start: chunk.offset, end: chunk.offset + chunk.bytes - 1 };
  const member = await store.read(key, { versionId, range });
  const csv = await unpackChunk(key, chunk, `the chunk at byte ${chunk.offset}`, member);
  requireIndexed(key, chunk, digestCsv(csv, encodings.slice(0, part.width), manifest.salt));
  return { member, csv };
}

/** The chunks of an opened day, and what has changed of its columns. */
interface ChangedChunks {
  manifest: Manifest;
  schema: Pick<TableSchema, 'columns'>;
  change: SchemaChange;
  chunks: readonly BoundedChunk[];
  /** The first chunk that isn't purged. */
  next: number;
}

/**
 * The chunks with the digests that MySQL can still compute where a column was dropped since: those of the archived rows
 * without its values. Chunks before `next` stay as they are.
 */
export async function withoutDropped(
  store: ObjectStore,
  { manifest, schema, change, chunks, next }: ChangedChunks,
): Promise<BoundedChunk[]> {
  const changed = chunks.slice(0, next);
  for (const chunk of chunks.slice(next))
    changed.push({ ...chunk, digest: await digestWithoutDropped(store, { manifest, schema, change }, chunk) });
  return changed;
}

/** The digest of one chunk as MySQL can still compute it. A slice asks for its run's alone: a day may take hours to read. */
export async function digestWithoutDropped(
  store: ObjectStore,
  { manifest, schema, change }: Pick<ChangedChunks, 'manifest' | 'schema' | 'change'>,
  chunk: BoundedChunk,
): Promise<Digest> {
  if (change.dropped.size === 0) return chunk.digest;
  const all = schema.columns.map(encodingOf);
  const { csv } = await readArchivedChunk(store, manifest, chunk, all);
  const encodings = all.slice(0, chunk.part.width);
  const bare = recodeCsv(csv, chunk.part.width, { encodings, blank: change.dropped });
  return digestCsv(bare, encodings, manifest.salt);
}
