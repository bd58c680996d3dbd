import { type Chunk, type Cursor, chunkDigest } from './chunk.ts';
import { isEnd } from './cursor.ts';
import { type Digest, mergeDigests } from './digest.ts';
import type { ManifestPart } from './manifest.ts';

/** A chunk with the half-open interval of cursors, `(from, to]`, that it covers in its day. */
export interface BoundedChunk extends Chunk {
  part: ManifestPart;
  /** Undefined: from the day's start. */
  from: Cursor | undefined;
  /** Undefined: to the day's end. */
  to: Cursor | undefined;
  /** What MySQL is expected to compute of its rows: the chunk's own digest, unless a column was dropped since. */
  digest: Digest;
}

/** The ledger's cursor is none of the archive's: somebody edited the ledger, or the manifest. */
export class CursorLost extends Error {
  override readonly name = 'CursorLost';
  constructor(readonly cursor: Cursor) {
    super(
      `the ledger's cursor ${JSON.stringify(cursor)} ends no chunk of the archive: the ledger was edited, or is of another time than its table`,
    );
  }
}

/**
 * Gives the chunks of one pass their bounds. Together they cover the day, gaps between rows included, because a row that
 * comes into a gap must fail a proof. Only rows that stay in the table lie outside: between `after` and the chunk before,
 * and behind a last chunk that is closed.
 *
 * @param parts the pass's parts in the manifest's order, each with its chunk index
 */
export function boundChunks(parts: readonly { part: ManifestPart; chunks: readonly Chunk[] }[]): BoundedChunk[] {
  const bounded: BoundedChunk[] = [];
  for (const { part, chunks } of parts)
    for (const chunk of chunks) {
      const from = chunk.after ?? bounded.at(-1)?.to;
      bounded.push({ ...chunk, part, from, to: chunk.cursor, digest: chunkDigest(chunk) });
    }
  const last = bounded.at(-1);
  if (last && !last.closed) last.to = undefined;
  return bounded;
}

/** How many chunks lie before the ledger's cursor; it is also the index of the next one. @throws CursorLost */
export function positionOf(chunks: readonly BoundedChunk[], cursor: Cursor | null): number {
  if (cursor === null) return 0;
  if (isEnd(cursor)) return chunks.length;
  const text = JSON.stringify(cursor);
  const at = chunks.findIndex((chunk) => JSON.stringify(chunk.cursor) === text);
  if (at < 0) throw new CursorLost(cursor);
  return at + 1;
}

/** Adjacent chunks that are proved and deleted in one transaction. */
export interface Run {
  chunks: number;
  digest: Digest;
  uncompressedBytes: number;
}

/**
 * Takes adjacent chunks from index `next` on: as many as hold no more than `rows` rows, and at least one, because a chunk
 * isn't split. A run ends before a chunk that has `after`, because the row between the two stays in the table.
 */
export function takeRun(chunks: readonly BoundedChunk[], next: number, rows: number): Run {
  const digests: Digest[] = [];
  let sum = 0;
  let uncompressedBytes = 0;
  // By index: a slice would copy the rest of a day's chunks for each transaction.
  for (let chunk = chunks[next]; chunk; chunk = chunks[next + digests.length]) {
    if (digests.length > 0 && (sum + chunk.digest.rows > rows || chunk.after)) break;
    digests.push(chunk.digest);
    sum += chunk.digest.rows;
    uncompressedBytes += chunk.uncompressedBytes;
  }
  return { chunks: digests.length, digest: mergeDigests(digests), uncompressedBytes };
}
