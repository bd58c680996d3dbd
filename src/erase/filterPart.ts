import { createHash } from 'node:crypto';
import type { Chunk, Cursor } from '../archive/chunk.ts';
import { type BoundedChunk, boundChunks } from '../archive/chunkBounds.ts';
import { type Column, encodingOf } from '../archive/column.ts';
import { readRows } from '../archive/csvReader.ts';
import { CsvWriter } from '../archive/csvWriter.ts';
import type { Row } from '../archive/difference.ts';
import { type Digest, digestCsv, emptyDigest, mergeDigests } from '../archive/digest.ts';
import { compressionOf } from '../archive/keys.ts';
import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import type { RowTest } from '../archive/rowFilter.ts';
import { PartWriter } from '../export/partWriter.ts';
import { unpackedPart } from '../export/unpackedPart.ts';
import { compareKeys } from '../find/keyOrder.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { readChunkIndex } from '../partition/readChunkIndex.ts';
import { requireIndexed } from '../partition/unpackChunk.ts';
import { ObjectDamaged } from '../s3/errors.ts';

/** What is taken out of a day's archive. */
export interface Erasing {
  job: Job;
  manifest: Manifest;
  test: RowTest;
  /** The attempt's: new objects are written under it. */
  epoch: number;
}

/** A part without the rows, and the digest of those that are in it no more. */
export interface FilteredPart {
  /** Undefined where none is left. */
  part: ManifestPart | undefined;
  /** The numbers of its chunks that were compressed anew. */
  fresh: ReadonlySet<number>;
  taken: Digest;
}

/** Writes a part again without the rows that meet the condition: chunks that hold none of them are copied as they are. */
export async function filterPart(
  erasing: Erasing,
  part: ManifestPart,
  chunks: ReadonlySet<number>,
): Promise<FilteredPart> {
  const { job, epoch } = erasing;
  const { source, attempt } = job;
  const index = await readChunkIndex(source.store, part);
  const bounded = boundChunks([{ part, chunks: index }]);
  const taken: Digest[] = [emptyDigest];
  const fresh = new Set<number>();
  let written = 0;
  // Of earlier releases; else the SHA-256 of the bytes is compared as they come.
  const hash = part.object.sha256 === undefined ? createHash('sha256') : undefined;
  let writer: PartWriter | undefined;
  try {
    for await (const { number, member, csv } of unpackedPart(source.store, part, index)) {
      const chunk = bounded[number];
      if (!chunk) continue;
      attempt.signal.throwIfAborted();
      attempt.heartbeat({ phase: 'erasing', part: part.part, chunk: number });
      hash?.update(csv);
      const kept = chunks.has(number) ? keptOf(erasing, chunk, csv, part.width) : undefined;
      if (kept) taken.push(kept.taken);
      if (kept && kept.digest.rows === 0) continue;
      writer ??= await PartWriter.begin(job, { part: part.part, epoch, pass: part.pass, width: part.width });
      const { cursor, minKey, maxKey, after, closed } = chunk;
      const alike = compressionOf(part.object.key) === writer.compression;
      if (kept || !alike) fresh.add(written);
      written++;
      if (kept) await writer.add({ ...kept, after, closed });
      else {
        const page = { cursor, minKey, maxKey, after, closed, digest: { rows: chunk.rows, xor: chunk.xor } };
        // The writer takes the memory of what it compresses, and this may be a slice of what S3 returned.
        const own = alike ? Buffer.from(member.buffer, member.byteOffset, member.length) : undefined;
        await writer.add({ ...page, csv: alike ? csv : Buffer.from(csv) }, own);
      }
    }
    // What was copied is what was proved when the old part was written.
    if (hash && hash.digest('hex') !== part.sha256) throw new ObjectDamaged(part.object.key, 'its SHA-256 is another');
    return { part: await writer?.complete(), fresh, taken: mergeDigests(taken) };
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}

interface Kept {
  csv: Buffer;
  digest: Digest;
  cursor: Cursor;
  minKey: string;
  maxKey: string;
  taken: Digest;
}

/** A chunk's other rows, and its bounds without a value of the rows that went. */
function keptOf({ manifest, test }: Erasing, chunk: BoundedChunk, csv: Buffer, width: number): Kept {
  const encodings = manifest.columns.slice(0, width).map(encodingOf);
  requireIndexed(chunk.part.object.key, chunk, digestCsv(csv, encodings, manifest.salt));
  const kept = new CsvWriter(1 << 12);
  const gone = new CsvWriter(1 << 12);
  const rows: Row[] = [];
  let takenRows = 0;
  let last: { row: Row; stays: boolean } | undefined;
  for (const found of readRows(csv, encodings)) {
    const row = found.map((value) => (value === null ? null : Buffer.from(value)));
    const stays = !test(row);
    (stays ? kept : gone).row(row, encodings);
    if (stays) rows.push(row);
    else takenRows++;
    last = { row, stays };
  }
  const text = Buffer.from(kept.take());
  const digest = rows.length === 0 ? emptyDigest : digestCsv(text, encodings, manifest.salt);
  const taken = takenRows === 0 ? emptyDigest : digestCsv(gone.take(), encodings, manifest.salt);
  const end = rows.at(-1);
  const cursor = last?.stays || !end ? chunk.cursor : cursorOf(manifest, end);
  return { csv: text, digest, taken, cursor, ...keyBounds(manifest, chunk, rows) };
}

function columnOf({ columns }: Manifest, name: string): { column: Column; field: number } {
  const field = columns.findIndex((column) => column.name === name);
  const column = columns[field];
  if (!column) throw new Stopped(`the manifest has no column ${name}, which its key names`);
  return { column, field };
}

/** A row's cursor as MySQL prints it; the bytes of a value are the same in a file. */
function cursorOf(manifest: Manifest, row: Row): string[] {
  const names = [manifest.timeColumn, ...manifest.primaryKey.filter((name) => name !== manifest.timeColumn)];
  return names.map((name) => textOf(manifest, name, row));
}

function textOf(manifest: Manifest, name: string, row: Row): string {
  const { column, field } = columnOf(manifest, name);
  if (column.dataType === 'enum')
    throw new Stopped(
      `${manifest.source.database}.${manifest.source.table} ${manifest.day}: its key has the ENUM ` +
        `${name}, whose place in an order isn’t in the archive: the rows can’t be erased`,
    );
  const value = row[field] ?? Buffer.alloc(0);
  return value.toString(encodingOf(column) === 'base64' ? 'hex' : 'utf8');
}

/** Above every text, and in no order that a reader of the index knows: such a chunk is always read. */
const endOfTexts = '\u{10ffff}';

/** The smallest and largest of a chunk's rows, by the key's first column; open bounds where only the server knows the order. */
function keyBounds(manifest: Manifest, chunk: Chunk, rows: readonly Row[]): { minKey: string; maxKey: string } {
  const [name = ''] = manifest.primaryKey;
  const { column } = columnOf(manifest, name);
  if (column.dataType === 'enum') return { minKey: chunk.minKey, maxKey: chunk.maxKey };
  let minKey: string | undefined;
  let maxKey: string | undefined;
  for (const row of rows) {
    const key = textOf(manifest, name, row);
    const toMin = minKey === undefined ? -1 : compareKeys(column, key, minKey);
    const toMax = maxKey === undefined ? 1 : compareKeys(column, key, maxKey);
    if (toMin === undefined || toMax === undefined) return { minKey: '', maxKey: endOfTexts };
    if (toMin < 0) minKey = key;
    if (toMax > 0) maxKey = key;
  }
  return { minKey: minKey ?? '', maxKey: maxKey ?? '' };
}
