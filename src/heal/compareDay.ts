import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { describeDifference, mergeDifferences } from '../archive/difference.ts';
import { sameDigest } from '../archive/digest.ts';
import { EmptiedValues } from '../archive/emptiedValues.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import type { Attempt } from '../job/attempt.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { compareChunk, type DayView } from '../partition/compareChunk.ts';

/** A chunk whose rows aren't what the archive says. */
export interface DriftedChunk {
  chunk: BoundedChunk;
  /** Keys of rows that came into it, and that went from it. */
  added: readonly string[];
  removed: readonly string[];
  /** How many rows are in it with other values: after an ALTER all of a day's are, so their keys aren't kept. */
  changed: number;
  /** Of all drifted chunks of its part. */
  emptied: EmptiedValues;
}

/** How a day differs from its archive. */
export interface Drift {
  chunks: readonly DriftedChunk[];
  /** Each key once: a row that left one chunk and came into another has changed. */
  added: readonly string[];
  removed: readonly string[];
  changed: number;
  /** The same in words, with the first keys. */
  text: string;
}

/** Keys of rows that came or went which one heal holds in memory, some 100 bytes each; the chunks behind are the next heal's. */
const keysAtMost = 200_000;
const changedNamed = 3;

/**
 * Holds chunks against the table, without a lock: those that differ. A chunk whose part lacks a column that the table has
 * now differs by itself. Memory doesn't grow with the rows that changed, nor without a bound with those that came or went.
 */
export async function findDrift(
  view: DayView,
  chunks: readonly BoundedChunk[],
  attempt: Attempt,
  defaults: ReadonlyMap<number, string>,
): Promise<Drift> {
  const { schema, row } = view;
  const drifted: DriftedChunk[] = [];
  const byPart = new Map<ManifestPart, EmptiedValues>();
  const firstChanged: string[] = [];
  let keys = 0;
  for (const [index, chunk] of chunks.entries()) {
    attempt.signal.throwIfAborted();
    attempt.beat({ phase: 'comparing', chunk: index, chunks: chunks.length, drifted: drifted.length });
    const range = { schema, window: row.window, from: chunk.from, to: chunk.to, salt: row.salt };
    const narrow = chunk.part.width < schema.columns.length;
    if (!narrow && sameDigest(await rangeDigest(view.sessions[0], range), chunk.digest)) continue;
    const emptied = byPart.get(chunk.part) ?? new EmptiedValues(defaults);
    byPart.set(chunk.part, emptied);
    const { added, changed, removed } = await compareChunk(view, chunk, emptied);
    firstChanged.push(...changed.slice(0, changedNamed - firstChanged.length));
    drifted.push({ chunk, added, removed, changed: changed.length, emptied });
    keys += added.length + removed.length;
    if (keys >= keysAtMost) break;
  }
  return summed(drifted, firstChanged);
}

function summed(chunks: readonly DriftedChunk[], firstChanged: readonly string[]): Drift {
  const {
    added,
    removed,
    changed: moved,
  } = mergeDifferences(chunks.map((each) => ({ added: each.added, removed: each.removed, changed: [] })));
  const changed = chunks.reduce((sum, each) => sum + each.changed, moved.length);
  const named = [...firstChanged, ...moved].slice(0, changedNamed);
  const text = describeDifference({ added, removed, changed: named }, changed - named.length);
  return { chunks, added, removed, changed, text };
}
