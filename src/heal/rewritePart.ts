import type { Cursor } from '../archive/chunk.ts';
import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { encodingOf } from '../archive/column.ts';
import { digestCsv, sameDigest } from '../archive/digest.ts';
import { compressionOf } from '../archive/keys.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { recodeCsv, valuesOf } from '../archive/recode.ts';
import type { PartWriter, WrittenPage } from '../export/partWriter.ts';
import { type ProvedPage, readPages } from '../mysql/read/pages.ts';
import { type DayView, keyFields } from '../partition/compareChunk.ts';
import { readArchivedChunk } from '../partition/readChunks.ts';
import type { Staying } from './findStaying.ts';

/** A part's chunks, and what a heal found of them. */
export interface DriftedPart {
  chunks: readonly BoundedChunk[];
  drifted: ReadonlySet<BoundedChunk>;
  staying: ReadonlyMap<BoundedChunk, Staying>;
}

/**
 * Writes a part again: unchanged chunks as they are, drifted ones from the table's rows, with the archived values of
 * columns that were dropped since, and without rows that stay in the table. Undefined if no row is left.
 */
export async function rewritePart(
  view: DayView,
  { chunks, drifted, staying }: DriftedPart,
  begin: () => Promise<PartWriter>,
  heartbeat: () => void,
): Promise<ManifestPart | undefined> {
  let writer: PartWriter | undefined;
  const add = async (page: WrittenPage, old?: OldMember) => {
    writer ??= await begin();
    const alike = old !== undefined && compressionOf(old.key) === writer.compression;
    if (alike || old === undefined) await writer.add(page, old?.member);
    // The writer takes the memory of what it compresses, and this may be a slice of what S3 returned.
    else await writer.add({ ...page, csv: Buffer.from(page.csv) });
  };
  try {
    for (const chunk of chunks) {
      heartbeat();
      const stays = staying.get(chunk);
      if (!drifted.has(chunk)) await copyChunk(view, chunk, add);
      else for await (const page of stays ? pagesAround(view, chunk, stays) : freshPages(view, chunk)) await add(page);
    }
    return await writer?.complete();
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}

/** A chunk's bytes in an older part. They are written as they are, unless the policy's compression has changed since. */
interface OldMember {
  key: string;
  member: Buffer;
}

/** An old chunk's rows under the part's new column list: the same bytes if that has no more columns. */
async function copyChunk(
  view: DayView,
  chunk: BoundedChunk,
  add: (page: WrittenPage, old?: OldMember) => Promise<void>,
): Promise<void> {
  const { schema, manifest, store } = view;
  const { part } = chunk;
  const encodings = schema.columns.map(encodingOf);
  const { member, csv } = await readArchivedChunk(store, manifest, chunk, encodings);
  const { cursor, minKey, maxKey, after, closed } = chunk;
  const page = { cursor, minKey, maxKey, after, closed };
  if (part.width === schema.columns.length)
    return add({ ...page, csv, digest: { rows: chunk.rows, xor: chunk.xor } }, { key: part.object.key, member });
  const wide = recodeCsv(csv, part.width, { encodings });
  return add({ ...page, csv: wide, digest: digestCsv(wide, encodings, manifest.salt) });
}

/** A range of the table's rows, after one cursor and up to another, and the bounds of the chunks made of it. */
interface Stretch {
  after: Cursor | undefined;
  to: Cursor | undefined;
  /** For the first chunk: the cursor of the row before it that stays in the table. */
  begin: Cursor | undefined;
  closed: true | undefined;
}

/** The rows that the table has now in a chunk's range. */
function freshPages(view: DayView, chunk: BoundedChunk): AsyncGenerator<WrittenPage> {
  const { after, closed } = chunk;
  return pagesOf(view, chunk, { after: chunk.from, to: chunk.to, begin: after, closed });
}

/**
 * The same without the rows that stay. Each range may be the pass's last, so it is closed. If a row that stays comes last,
 * the next chunk begins before it: its proof finds the row, and its heal leaves it out there too.
 */
async function* pagesAround(view: DayView, chunk: BoundedChunk, { runs, open }: Staying): AsyncGenerator<WrittenPage> {
  for (const run of runs) {
    const { after, to } = run;
    // The last range reaches to the chunk's end, unless a row that stays comes last.
    const toEnd = open && run === runs.at(-1);
    yield* pagesOf(view, chunk, {
      after: after ?? chunk.from,
      to: toEnd ? chunk.to : to,
      begin: after ?? chunk.after,
      closed: toEnd ? chunk.closed : true,
    });
  }
}

/** Gives the last page the range's own upper bound, so that there is no gap between two chunks. */
async function* pagesOf(view: DayView, chunk: BoundedChunk, stretch: Stretch): AsyncGenerator<WrittenPage> {
  const { schema, row, pageRows, paced, sessions } = view;
  const { after, to } = stretch;
  const mend = await patcher(view, chunk);
  let held: WrittenPage | undefined;
  let { begin } = stretch;
  const range = { schema, window: row.window, after, to, salt: row.salt, pageRows, paced };
  for await (const page of readPages(sessions, range)) {
    if (held) yield held;
    held = { ...mend(page), after: begin };
    begin = undefined;
  }
  if (held) yield { ...held, cursor: to ?? held.cursor, closed: stretch.closed };
}

/** Puts the archived values of dropped columns into the rows, so that a heal loses no archived value. */
async function patcher(view: DayView, chunk: BoundedChunk): Promise<(page: ProvedPage) => ProvedPage> {
  const { schema, manifest, change } = view;
  if (change.dropped.size === 0) return (page) => page;
  const encodings = schema.columns.map(encodingOf);
  const fields = keyFields(schema);
  const { csv } = await readArchivedChunk(view.store, manifest, chunk, encodings);
  const width = chunk.part.width;
  const values = valuesOf(csv, encodings.slice(0, width), fields, change.dropped);
  return (page) => {
    // The rows are proved by MySQL's digest before values are put in that MySQL no longer has.
    if (!sameDigest(digestCsv(page.csv, encodings, manifest.salt), page.digest))
      throw new Error(`a page of ${schema.database}.${schema.table} isn't what MySQL says it was; it is read again`);
    const patched = recodeCsv(page.csv, encodings.length, { encodings, patch: { keyFields: fields, values } });
    return { ...page, csv: patched, digest: digestCsv(patched, encodings, manifest.salt) };
  };
}
