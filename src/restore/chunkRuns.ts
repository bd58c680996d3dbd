import type { Chunk } from '../archive/chunk.ts';
import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import { readChunkIndex } from '../partition/readChunkIndex.ts';
import { unpackChunk } from '../partition/unpackChunk.ts';
import type { ObjectStore } from '../s3/store.ts';

/** A chunk, and its place among the chunks of its day, in the manifest's order. */
export interface PlacedChunk {
  chunk: Chunk;
  part: ManifestPart;
  /** Among all chunks of the day. */
  index: number;
}

/** Adjacent chunks of one part that are loaded and proved in one transaction. */
export type ChunkRun = readonly PlacedChunk[];

/** Bytes of CSV, and rows, of one transaction. Two runs per loader are in memory. */
const runBytes = 8 << 20;
const runRows = 50_000;

/** A run, and whether the server reads its part by itself. */
export interface PlannedRun {
  run: ChunkRun;
  byServer: boolean;
}

/** The chunks of a day that `wanted` takes, in runs. A part that the server reads by itself is one, if all of its chunks are wanted. */
export async function* chunkRuns(
  store: ObjectStore,
  manifest: Manifest,
  { wanted, byServer }: { wanted(index: number): boolean; byServer(part: ManifestPart): boolean },
): AsyncGenerator<PlannedRun> {
  let index = 0;
  for (const part of manifest.parts) {
    const chunks = await readChunkIndex(store, part);
    if (byServer(part) && chunks.every((_, at) => wanted(index + at))) {
      yield { run: chunks.map((chunk) => ({ chunk, part, index: index++ })), byServer: true };
      continue;
    }
    let run: PlacedChunk[] = [];
    let bytes = 0;
    let rows = 0;
    for (const chunk of chunks) {
      const placed = { chunk, part, index: index++ };
      const full = bytes + chunk.uncompressedBytes > runBytes || rows + chunk.rows > runRows;
      if (run.length > 0 && (full || !wanted(placed.index))) {
        yield { run, byServer: false };
        run = [];
        bytes = 0;
        rows = 0;
      }
      if (!wanted(placed.index)) continue;
      run.push(placed);
      bytes += chunk.uncompressedBytes;
      rows += chunk.rows;
    }
    if (run.length > 0) yield { run, byServer: false };
  }
}

/** The CSV of a run's chunks, by one ranged GET of the version that was verified. @throws ObjectDamaged */
export async function readRun(store: ObjectStore, run: ChunkRun, signal: AbortSignal): Promise<Buffer[]> {
  const [first] = run;
  const last = run.at(-1);
  if (!first || !last) return [];
  const { key, versionId } = first.part.object;
  const range = { start: first.chunk.offset, end: last.chunk.offset + last.chunk.bytes - 1 };
  const bytes = await store.read(key, { versionId, range, signal });
  return Promise.all(
    run.map(({ chunk, index }) => {
      const at = chunk.offset - first.chunk.offset;
      const name = `chunk ${index}, at byte ${chunk.offset}`;
      return unpackChunk(key, chunk, name, bytes.subarray(at, at + chunk.bytes));
    }),
  );
}
