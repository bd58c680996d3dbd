import { encodingOf } from '../archive/column.ts';
import { digestCsv, sameDigest } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { recodeCsv, valuesOf } from '../archive/recode.ts';
import type { Tile } from '../archive/tiles.ts';
import { type ProvedPage, readPages } from '../mysql/exportReader.ts';
import { type DayView, keyFields } from './drift.ts';
import type { PartWriter, WrittenPage } from './partWriter.ts';
import { readArchivedChunk } from './passTiles.ts';

/**
 * Writes a part anew: chunks that stand as they are, drifted ones from the table's rows, with the archived values of
 * columns that were dropped since. Undefined where no row is left.
 */
export async function rewritePart(
  view: DayView,
  tiles: readonly Tile[],
  drifted: ReadonlySet<Tile>,
  begin: () => Promise<PartWriter>,
  beat: () => void,
): Promise<ManifestPart | undefined> {
  let writer: PartWriter | undefined;
  try {
    for (const tile of tiles) {
      beat();
      if (!drifted.has(tile)) {
        writer ??= await begin();
        await copyChunk(view, tile, writer);
        continue;
      }
      for await (const page of freshPages(view, tile)) {
        writer ??= await begin();
        await writer.add(page);
      }
    }
    return await writer?.complete();
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}

/** An old chunk's rows under the part's new column list: byte for byte where that hasn't grown. */
async function copyChunk(view: DayView, tile: Tile, writer: PartWriter): Promise<void> {
  const { schema, manifest, store } = view;
  const { chunk, part } = tile;
  const encodings = schema.columns.map(encodingOf);
  const { member, csv } = await readArchivedChunk(store, manifest, tile, encodings);
  const { cursor, minKey, maxKey } = chunk;
  const page = { cursor, minKey, maxKey, ...(chunk.after ? { after: chunk.after } : {}) };
  if (part.width === schema.columns.length)
    return writer.add({ ...page, csv, digest: { rows: chunk.rows, xor: chunk.xor } }, member);
  const wide = recodeCsv(csv, part.width, { encodings });
  return writer.add({ ...page, csv: wide, digest: digestCsv(wide, encodings, manifest.salt) });
}

/** The table's rows of a tile now; the last page keeps the tile's own upper bound, so that the tiles still meet. */
async function* freshPages(view: DayView, tile: Tile): AsyncGenerator<WrittenPage> {
  const { schema, row, pageRows, sessions } = view;
  const range = { schema, window: row.window, after: tile.from, to: tile.to, salt: row.salt, pageRows };
  const mend = await patcher(view, tile);
  let held: WrittenPage | undefined;
  let { after } = tile.chunk;
  for await (const page of readPages(sessions, range)) {
    if (held) yield held;
    held = { ...mend(page), ...(after ? { after } : {}) };
    after = undefined;
  }
  if (held) yield tile.to ? { ...held, cursor: tile.to } : held;
}

/** Gives rows back the archived values of columns that were dropped since: no archived value is lost by a heal. */
async function patcher(view: DayView, tile: Tile): Promise<(page: ProvedPage) => ProvedPage> {
  const { schema, manifest, change } = view;
  if (change.dropped.size === 0) return (page) => page;
  const encodings = schema.columns.map(encodingOf);
  const fields = keyFields(schema);
  const { csv } = await readArchivedChunk(view.store, manifest, tile, encodings);
  const width = tile.part.width;
  const values = valuesOf(csv, encodings.slice(0, width), fields, change.dropped);
  return (page) => {
    // What came over the wire is held against MySQL's digest before values are put in that MySQL has no more.
    if (!sameDigest(digestCsv(page.csv, encodings, manifest.salt), page.digest))
      throw new Error(`a page of ${schema.database}.${schema.table} isn't what MySQL says it was; it is read again`);
    const patched = recodeCsv(page.csv, encodings.length, { encodings, patch: { keyFields: fields, values } });
    return { ...page, csv: patched, digest: digestCsv(patched, encodings, manifest.salt) };
  };
}
