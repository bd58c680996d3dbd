import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { encodingOf } from '../archive/column.ts';
import { type ChunkDifference, RowComparison } from '../archive/difference.ts';
import type { EmptiedValues } from '../archive/emptiedValues.ts';
import type { Manifest } from '../archive/manifest.ts';
import { recodeCsv } from '../archive/recode.ts';
import type { SchemaChange } from '../archive/schemaChange.ts';
import type { Partition } from '../ledger/ledger.ts';
import type { PacedRead } from '../mysql/read/pageBounds.ts';
import { readPages } from '../mysql/read/pages.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';
import type { ObjectStore } from '../s3/store.ts';
import { readArchivedChunk } from './readChunks.ts';

/** What a comparison of a day with its archive needs. */
export interface DayView {
  store: ObjectStore;
  manifest: Manifest;
  row: Pick<Partition, 'window' | 'salt'>;
  schema: TableSchema;
  change: SchemaChange;
  /** Two sessions under REPEATABLE READ, which read pages in turn. */
  sessions: readonly [Session, Session];
  pageRows: number;
  /** Left out: a page begins at once. */
  paced?: PacedRead | undefined;
}

/** How much of a difference is wanted. */
export interface Wanted {
  emptied?: EmptiedValues | undefined;
  /** As `Comparison` has it. */
  keyBytesAtMost?: number | undefined;
}

/**
 * How a chunk's rows differ from the archived ones, by primary key; values of dropped columns don't count. Memory holds the
 * archived chunk and a page of the table: a chunk has no bound on the rows that may come into it.
 */
export async function compareChunk(view: DayView, chunk: BoundedChunk, wanted: Wanted = {}): Promise<ChunkDifference> {
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
    paced: view.paced,
  };
  const { emptied, keyBytesAtMost } = wanted;
  const comparison = new RowComparison(archived, {
    encodings,
    keyFields: keyFields(schema),
    onChanged: emptied && ((before, now) => emptied.add(before, now)),
    keyBytesAtMost,
  });
  for await (const page of readPages(view.sessions, range)) comparison.add(page.csv);
  return comparison.end();
}

/** The indexes of the primary key's columns among the file's columns. */
export function keyFields(schema: TableSchema): number[] {
  return schema.primaryKey.map((key) => schema.columns.findIndex((column) => column.name === key.name));
}
