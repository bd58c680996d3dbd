import { z } from 'zod';
import type { Digest } from './digest.ts';

/**
 * `(time column, primary key…)` exactly as MySQL prints them, binary as lower-case hex. Compared in SQL only, because
 * the order is that of the key's collation.
 */
export type Cursor = readonly string[];

const chunkSchema = z.strictObject({
  /** The first byte of the chunk's gzip member (or of its CSV, in an uncompressed part) in the object. */
  offset: z.int().nonnegative(),
  bytes: z.int().positive(),
  uncompressedBytes: z.int().positive(),
  /** Its upper bound: it covers the rows after the previous chunk's cursor, up to and with this one. */
  cursor: z.array(z.string()).min(1),
  /** Its lower bound, where that is a row that stays in the table rather than the previous chunk's cursor. */
  after: z.array(z.string()).min(1).optional(),
  /** If it is the last chunk, it ends at its cursor and not at the day's end: rows behind it stay in the table, or came later. */
  closed: z.literal(true).optional(),
  /** Smallest and largest value of the primary key's first column, as a cursor prints it: a reader finds a row's chunk by them. */
  minKey: z.string(),
  maxKey: z.string(),
  rows: z.int().positive(),
  /** MySQL's own digest of the chunk, computed in the snapshot in which its page was read. */
  xor: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A line of the chunk index: some rows in cursor order, the unit of proof. */
export type Chunk = z.infer<typeof chunkSchema>;

/** The text isn't a chunk index: the object is damaged, or another version wrote it. */
export class MalformedChunkIndex extends Error {
  override readonly name = 'MalformedChunkIndex';
}

export function chunkDigest(chunk: Chunk): Digest {
  return { rows: chunk.rows, xor: chunk.xor };
}

export function renderChunkIndex(chunks: readonly Chunk[]): string {
  return chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('');
}

/**
 * Reads a chunk index and checks that its chunks' bytes follow each other without a gap.
 * @param known whether it is, by its SHA-256, the text that was written and proved: its lines aren't looked at again, which
 *   takes longer than the rest for a day of thousands of chunks
 * @throws MalformedChunkIndex
 */
export function parseChunkIndex(text: string, known = false): Chunk[] {
  if (!text.endsWith('\n')) throw new MalformedChunkIndex('the chunk index is cut off in its last line');
  let offset = 0;
  return text
    .slice(0, -1)
    .split('\n')
    .map((line, index) => {
      const json = parseJson(line, index);
      const chunk = known ? (json as Chunk) : checkedChunk(json, index);
      if (chunk.offset !== offset)
        throw new MalformedChunkIndex(`line ${index + 1} begins at byte ${chunk.offset}, expected ${offset}`);
      offset += chunk.bytes;
      return chunk;
    });
}

function checkedChunk(json: unknown, index: number): Chunk {
  const parsed = chunkSchema.safeParse(json);
  if (!parsed.success) throw new MalformedChunkIndex(`line ${index + 1}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function parseJson(line: string, index: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new MalformedChunkIndex(`line ${index + 1} is no JSON`, { cause });
  }
}
