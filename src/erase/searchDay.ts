import { encodingOf } from '../archive/column.ts';
import { readRows } from '../archive/csvReader.ts';
import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import { type Condition, parseFilter, rowTest } from '../archive/rowFilter.ts';
import type { TablePolicy } from '../config/policy.ts';
import { chunksToSearch } from '../find/chunksToSearch.ts';
import { supersededParts } from '../find/superseded.ts';
import type { Source } from '../job/source.ts';
import { readArchivedChunk } from '../partition/readChunks.ts';

/** Where in a day's archive rows are that meet the condition. */
export interface Matches {
  /** By part of the manifest: the indexes of its chunks that hold some. */
  parts: Map<ManifestPart, Set<number>>;
  rows: number;
  /** Rows in what heals have replaced, and moved below `_superseded/`. */
  supersededRows: number;
}

/** Reads every chunk that may hold such a row. */
export async function searchDay(
  source: Source,
  policy: TablePolicy,
  manifest: Manifest,
  where: string,
): Promise<Matches> {
  const matches: Matches = { parts: new Map(), rows: 0, supersededRows: 0 };
  const conditions = parseFilter(where);
  for (const part of manifest.parts) {
    const { chunks, rows } = await searchPart(source, manifest, part, { where, conditions });
    if (rows > 0) matches.parts.set(part, chunks);
    matches.rows += rows;
  }
  for (const part of await supersededParts(source, policy, manifest))
    matches.supersededRows += (await searchPart(source, manifest, part, { where, conditions })).rows;
  return matches;
}

async function searchPart(
  source: Source,
  manifest: Manifest,
  part: ManifestPart,
  { where, conditions }: { where: string; conditions: readonly Condition[] },
): Promise<{ chunks: Set<number>; rows: number }> {
  const encodings = manifest.columns.map(encodingOf);
  const test = rowTest(where, manifest.columns);
  const chunks = new Set<number>();
  let rows = 0;
  for (const { chunk, index } of await chunksToSearch(source, manifest, part, conditions)) {
    const { csv } = await readArchivedChunk(source.store, manifest, chunk, encodings);
    for (const row of readRows(csv, encodings.slice(0, part.width))) {
      if (!test(row)) continue;
      chunks.add(index);
      rows++;
    }
  }
  return { chunks, rows };
}
