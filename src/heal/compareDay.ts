import type { Tile } from '../archive/chunkBounds.ts';
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
export interface DriftedTile {
  tile: Tile;
  difference: Difference;
}

/**
 * Holds tiles against the table, without a lock: those that differ, with the rows' keys. A tile whose part lacks a column
 * that the table has now differs by itself.
 */
export async function findDrift(
  view: DayView,
  tiles: readonly Tile[],
  attempt: Attempt,
  limit = Number.POSITIVE_INFINITY,
): Promise<DriftedTile[]> {
  const { schema, row } = view;
  const drifted: DriftedTile[] = [];
  for (const [index, tile] of tiles.entries()) {
    attempt.signal.throwIfAborted();
    attempt.beat({ phase: 'comparing', chunk: index, chunks: tiles.length, drifted: drifted.length });
    const range = { schema, window: row.window, from: tile.from, to: tile.to, salt: row.salt };
    const narrow = tile.part.width < schema.columns.length;
    if (!narrow && sameDigest(await rangeDigest(view.sessions[0], range), tile.digest)) continue;
    drifted.push({ tile, difference: await compareTile(view, tile) });
    if (drifted.length >= limit) break;
  }
  return drifted;
}

/** How a tile's rows differ from the archived ones, by primary key; values of dropped columns don't count. */
export async function compareTile(view: DayView, tile: Tile): Promise<Difference> {
  const { schema, manifest, row, change } = view;
  const encodings = schema.columns.map(encodingOf);
  const { csv } = await readArchivedChunk(view.store, manifest, tile, encodings);
  const archived = recodeCsv(csv, tile.part.width, { encodings, blank: change.dropped });
  const range = { schema, window: row.window, after: tile.from, to: tile.to, salt: row.salt, pageRows: view.pageRows };
  const pages: Buffer[] = [];
  for await (const page of readPages(view.sessions, range)) pages.push(page.csv);
  return compareRows(archived, Buffer.concat(pages), encodings, keyFields(schema));
}

/** Where the primary key's columns stand among the file's. */
export function keyFields(schema: TableSchema): number[] {
  return schema.primaryKey.map((key) => schema.columns.findIndex((column) => column.name === key.name));
}
