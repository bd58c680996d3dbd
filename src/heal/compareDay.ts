import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { encodingOf } from '../archive/column.ts';
import { compareRows, type Difference } from '../archive/difference.ts';
import { sameDigest } from '../archive/digest.ts';
import type { Manifest } from '../archive/manifest.ts';
import { recodeCsv } from '../archive/recode.ts';
import type { SchemaChange } from '../archive/schemaChange.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Partition } from '../ledger/ledger.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { readPages } from '../mysql/read/pages.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session.ts';
import { readArchivedChunk } from '../partition/readChunks.ts';
import type { ObjectStore } from '../s3/store.ts';

/** What a look at a day needs: the archive's side, and the table's. */
export interface DayView {
  store: ObjectStore;
  manifest: Manifest;
  row: Partition;
  schema: TableSchema;
  change: SchemaChange;
  /** Two sessions under REPEATABLE READ, for pages. */
  sessions: readonly [Session, Session];
  pageRows: number;
}

/** A chunk whose rows aren't what the archive says, and how they differ. */
export interface DriftedChunk {
  chunk: BoundedChunk;
  difference: Difference;
}

/**
 * Holds chunks against the table, without a lock: those that differ, with the rows' keys. A chunk whose part lacks a column
 * that the table has now differs by itself.
 */
export async function findDrift(
  view: DayView,
  chunks: readonly BoundedChunk[],
  attempt: Attempt,
  limit = Number.POSITIVE_INFINITY,
): Promise<DriftedChunk[]> {
  const { schema, row } = view;
  const drifted: DriftedChunk[] = [];
  for (const [index, chunk] of chunks.entries()) {
    attempt.signal.throwIfAborted();
    attempt.beat({ phase: 'comparing', chunk: index, chunks: chunks.length, drifted: drifted.length });
    const range = { schema, window: row.window, from: chunk.from, to: chunk.to, salt: row.salt };
    const narrow = chunk.part.width < schema.columns.length;
    if (!narrow && sameDigest(await rangeDigest(view.sessions[0], range), chunk.digest)) continue;
    drifted.push({ chunk, difference: await compareChunk(view, chunk) });
    if (drifted.length >= limit) break;
  }
  return drifted;
}

/** How a chunk's rows differ from the archived ones, by primary key; values of dropped columns don't count. */
export async function compareChunk(view: DayView, chunk: BoundedChunk): Promise<Difference> {
  const { schema, manifest, row, change } = view;
  const encodings = schema.columns.map(encodingOf);
  const { csv } = await readArchivedChunk(view.store, manifest, chunk, encodings);
  const archived = recodeCsv(csv, chunk.part.width, { encodings, blank: change.dropped });
  const range = {
    schema,
    window: row.window,
    after: chunk.from,
    to: chunk.to,
    salt: row.salt,
    pageRows: view.pageRows,
  };
  const pages: Buffer[] = [];
  for await (const page of readPages(view.sessions, range)) pages.push(page.csv);
  return compareRows(archived, Buffer.concat(pages), encodings, keyFields(schema));
}

/** Where the primary key's columns stand among the file's. */
export function keyFields(schema: TableSchema): number[] {
  return schema.primaryKey.map((key) => schema.columns.findIndex((column) => column.name === key.name));
}
