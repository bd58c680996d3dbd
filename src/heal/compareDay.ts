import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { encodingOf } from '../archive/column.ts';
import { readRows } from '../archive/csvReader.ts';
import { describeDifference, mergeDifferences, rowKey } from '../archive/difference.ts';
import { sameDigest } from '../archive/digest.ts';
import { type AlteredColumns, EmptiedValues } from '../archive/emptiedValues.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import type { Attempt } from '../job/attempt.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { readPages } from '../mysql/read/pages.ts';
import { compareChunk, type DayView, keyFields } from '../partition/compareChunk.ts';
import { digestWithoutDropped } from '../partition/readChunks.ts';

/** A chunk whose rows aren't what the archive says. */
export interface DriftedChunk {
  chunk: BoundedChunk;
  /** Keys of rows that came into it, and that went from it. */
  added: readonly string[];
  removed: readonly string[];
  /** Rows that came into it beyond those of `added`, which are the first few then. */
  more: number;
  /** How many rows are in it with other values: after an ALTER all of a day's are, so their keys aren't kept. */
  changed: number;
  /** Of all drifted chunks of its part. */
  emptied: EmptiedValues;
}

/** How a day differs from its archive. */
export interface Drift {
  chunks: readonly DriftedChunk[];
  /**
   * Each key once: a row that left one chunk and came into another has changed. Without those of a chunk with `more`.
   */
  added: readonly string[];
  removed: readonly string[];
  /** How many rows came, those of a chunk with `more` too. */
  addedRows: number;
  /** Keys that left a chunk and came into one with `more`. */
  moved: ReadonlySet<string>;
  changed: number;
  /** The same in words, with the first keys. */
  text: string;
  /** The number of the first part whose chunks differ too and weren't compared any more. */
  behind: number | undefined;
}

/** What one heal takes on. The chunks behind are the next one's. */
export interface DriftBounds {
  altered: AlteredColumns;
  /** Characters of keys of rows that came or went which are held. */
  keyBytes: number;
  /** Compressed bytes of parts that are written again. */
  partBytes: number;
}

const changedNamed = 3;

/**
 * Compares chunks with the table, without a lock, and gives those that differ. A chunk whose part lacks a column that the
 * table has now differs by itself. Memory doesn't grow with the rows that changed, and has a bound for those that came or
 * went: the chunks behind are the next heal's, and where one chunk alone got more, its rows are counted.
 */
export async function findDrift(
  view: DayView,
  chunks: readonly BoundedChunk[],
  attempt: Attempt,
  { altered, keyBytes, partBytes }: DriftBounds,
): Promise<Drift> {
  const { schema, row } = view;
  const drifted: DriftedChunk[] = [];
  const byPart = new Map<ManifestPart, EmptiedValues>();
  const firstChanged: string[] = [];
  let held = 0;
  let written = 0;
  let behind: number | undefined;
  for (const [index, chunk] of chunks.entries()) {
    attempt.signal.throwIfAborted();
    attempt.heartbeat({ phase: 'comparing', chunk: index, chunks: chunks.length, drifted: drifted.length });
    const range = { schema, window: row.window, from: chunk.from, to: chunk.to, salt: row.salt };
    const narrow = chunk.part.width < schema.columns.length;
    const proof = () => rangeDigest(view.sessions[0], range);
    if (!narrow) {
      const found = await (view.paced ? view.paced(proof) : proof());
      if (sameDigest(found, await digestWithoutDropped(view.store, view, chunk))) continue;
    }
    if (!byPart.has(chunk.part)) {
      // A part is written again whole, so every chunk of one that is begun is compared.
      if (written >= partBytes) {
        behind = chunk.part.part;
        break;
      }
      written += chunk.part.object.bytes;
    }
    const emptied = byPart.get(chunk.part) ?? new EmptiedValues(altered);
    byPart.set(chunk.part, emptied);
    const { added, changed, removed, more } = await compareChunk(view, chunk, { emptied, keyBytesAtMost: keyBytes });
    firstChanged.push(...changed.slice(0, changedNamed - firstChanged.length));
    drifted.push({ chunk, added, removed, more, changed: changed.length, emptied });
    for (const key of [...added, ...removed]) held += key.length;
    if (held >= keyBytes || more > 0) break;
  }
  return { ...(await summed(view, drifted, firstChanged)), behind };
}

async function summed(
  view: DayView,
  chunks: readonly DriftedChunk[],
  firstChanged: readonly string[],
): Promise<Omit<Drift, 'behind'>> {
  const grown = chunks.find(({ more }) => more > 0);
  const gone = new Set(chunks.flatMap(({ removed }) => removed));
  const moved = grown && gone.size > 0 ? await presentIn(view, grown.chunk, gone) : new Set<string>();
  const merged = mergeDifferences([
    { added: [], removed: [], changed: [...moved] },
    ...chunks.map((each) => ({ added: each === grown ? [] : each.added, removed: each.removed, changed: [] })),
  ]);
  const { added, removed } = merged;
  const changed = chunks.reduce((sum, each) => sum + each.changed, merged.changed.length);
  const named = [...firstChanged, ...merged.changed].slice(0, changedNamed);
  const came = [...added, ...(grown?.added ?? [])];
  const addedRows = came.length + (grown?.more ?? 0) - moved.size;
  const text = describeDifference(
    { added: came, removed, changed: named },
    { added: addedRows - came.length, changed: changed - named.length },
  );
  return { chunks, added, removed, addedRows, moved, changed, text };
}

/** Those of some keys that the table has now in a chunk's range. */
async function presentIn(
  { schema, sessions, row, pageRows, paced }: DayView,
  { from: after, to }: BoundedChunk,
  keys: ReadonlySet<string>,
): Promise<Set<string>> {
  const encodings = schema.columns.map(encodingOf);
  const fields = keyFields(schema);
  const present = new Set<string>();
  const range = { schema, window: row.window, after, to, salt: row.salt, pageRows, paced };
  for await (const page of readPages(sessions, range))
    for (const values of readRows(page.csv, encodings)) {
      const key = rowKey(values, fields);
      if (keys.has(key)) present.add(key);
    }
  return present;
}
