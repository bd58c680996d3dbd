import type { Chunk, Cursor } from './chunk.ts';
import { type Digest, mergeDigests } from './digest.ts';
import type { ManifestPart } from './manifest.ts';

/** A chunk in its place: with the half-open interval of cursors, `(from, to]`, that it covers in the day. */
export interface Tile {
  part: ManifestPart;
  chunk: Chunk;
  /** Undefined: from the day's start. */
  from: Cursor | undefined;
  /** Undefined: to the day's end. */
  to: Cursor | undefined;
  digest: Digest;
}

/** The ledger's cursor is none of the archive's: somebody edited the ledger, or the manifest. */
export class CursorLost extends Error {
  override readonly name = 'CursorLost';
  constructor(readonly cursor: Cursor) {
    super(
      `the ledger's cursor ${JSON.stringify(cursor)} ends no chunk of the archive: the ledger was edited; put it back from a backup of its schema`,
    );
  }
}

/** The cursor of a pass whose every chunk is deleted. */
export const endCursor: Cursor = Object.freeze(['end']);

/** Lays a pass's chunks side by side: together they cover the day, gaps included, but for rows that stay in the table. */
export function layTiles(parts: readonly { part: ManifestPart; chunks: readonly Chunk[] }[]): Tile[] {
  const tiles: Tile[] = [];
  for (const { part, chunks } of parts)
    for (const chunk of chunks) {
      const from = chunk.after ?? tiles.at(-1)?.to;
      tiles.push({ part, chunk, from, to: chunk.cursor, digest: { rows: chunk.rows, xor: chunk.xor } });
    }
  const last = tiles.at(-1);
  if (last && !last.chunk.closed) last.to = undefined;
  return tiles;
}

/** How many tiles lie before the ledger's cursor: the first of the others is the next. @throws CursorLost */
export function positionOf(tiles: readonly Tile[], cursor: Cursor | null): number {
  if (cursor === null) return 0;
  if (isEnd(cursor)) return tiles.length;
  const text = JSON.stringify(cursor);
  const at = tiles.findIndex((tile) => JSON.stringify(tile.chunk.cursor) === text);
  if (at < 0) throw new CursorLost(cursor);
  return at + 1;
}

export function isEnd(cursor: Cursor | null): boolean {
  return cursor?.length === 1 && cursor[0] === endCursor[0];
}

/** Adjacent tiles that are proved and deleted as one. */
export interface Run {
  tiles: number;
  digest: Digest;
  uncompressedBytes: number;
}

/** Adjacent tiles from one on, up to about so many rows; one at least, and none beyond a row that stays. */
export function takeRun(tiles: readonly Tile[], next: number, rows: number): Run {
  const digests: Digest[] = [];
  let sum = 0;
  let uncompressedBytes = 0;
  // By index: a slice would copy the rest of a day's tiles for each transaction.
  for (let tile = tiles[next]; tile; tile = tiles[next + digests.length]) {
    if (digests.length > 0 && (sum + tile.digest.rows > rows || tile.chunk.after)) break;
    digests.push(tile.digest);
    sum += tile.digest.rows;
    uncompressedBytes += tile.chunk.uncompressedBytes;
  }
  return { tiles: digests.length, digest: mergeDigests(digests), uncompressedBytes };
}
