import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { encodingOf } from '../archive/column.ts';
import { readRows } from '../archive/csvReader.ts';
import { rowKey } from '../archive/difference.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { formatTableName } from '../model/tableName.ts';
import { keyFields } from '../partition/compareChunk.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { readArchivedChunk, readChunks } from '../partition/readChunks.ts';
import { BatchSize } from './batchSize.ts';
import { chunksNear } from './chunksNear.ts';
import { classifyReinserted, type LiveRow, rowsToLeave, type Segment, SegmentFinder } from './classifyReinserted.ts';
import type { Drift } from './compareDay.ts';
import { findArchived, liveRows } from './reinserted.ts';

/** The rows of a chunk that a heal leaves in the table, as what is between them. */
export interface Staying {
  /** The runs of rows that are archived, in cursor order. */
  runs: readonly Segment[];
  /** Whether the last run reaches up to the chunk's last row. */
  open: boolean;
  rows: number;
  /** How many of the rows that stay have other values than were archived. */
  differing: number;
}

/** Runs of one chunk between rows that stay, which one heal holds in memory. */
const runsAtMost = 100_000;

/** What the archive holds of some rows, by key, as `findArchived` gives it. */
type Lookup = (rows: readonly LiveRow[]) => Promise<ReadonlyMap<string, readonly string[]>>;

/**
 * Finds reinserted rows in drifted chunks: rows whose key was purged. If they are identical to the archived ones, or under
 * `recreated: leave`, they aren't archived with the chunk. What is done with them is decided at the end of the pass, when
 * all rows that are left of the day are compared.
 */
export async function findStaying(
  job: Job,
  day: OpenedDay,
  { chunks, added, addedRows, moved }: Pick<Drift, 'chunks' | 'added' | 'addedRows' | 'moved'>,
): Promise<Map<BoundedChunk, Staying>> {
  const { source, policy } = job;
  const staying = new Map<BoundedChunk, Staying>();
  if (addedRows === 0) return staying;
  // In the first pass no reinserted row here can be identical to its archived one: it would have the same cursor and lie
  // in the part that is already purged.
  if (policy.recreated !== 'leave' && day.row.pass === 1) return staying;
  const purged = day.chunks.slice(0, day.next);
  const passes = new Set(day.manifest.parts.map((part) => part.pass));
  passes.delete(day.row.pass);
  for (const pass of passes) purged.push(...(await readChunks(source.store, day.manifest, pass)));
  if (purged.length === 0) return staying;
  const archived = await findArchived(job, day, added, purged);
  for (const { chunk, added: here, more } of chunks) {
    let lookup: Lookup | undefined;
    if (more > 0) lookup = await lookupOfGrown(job, day, { chunk, purged, moved });
    else if (here.some((key) => archived.has(key))) lookup = async () => archived;
    if (!lookup) continue;
    const found = await stayingIn(job, day, chunk, lookup);
    if (found.rows > 0) staying.set(chunk, found);
  }
  return staying;
}

/** For a chunk into which more rows came than memory holds keys of: asks the archive for each batch of its rows. */
async function lookupOfGrown(
  job: Job,
  day: OpenedDay,
  { chunk, purged, moved }: { chunk: BoundedChunk; purged: readonly BoundedChunk[]; moved: ReadonlySet<string> },
): Promise<Lookup> {
  const { schema, manifest } = day;
  const encodings = schema.columns.map(encodingOf);
  const fields = keyFields(schema);
  const { csv } = await readArchivedChunk(job.source.store, manifest, chunk, encodings);
  const own = new Set<string>();
  for (const row of readRows(csv, encodings.slice(0, chunk.part.width))) own.add(rowKey(row, fields));
  return (rows) => {
    const keys = rows.map((row) => row.key).filter((key) => !own.has(key) && !moved.has(key));
    return findArchived(job, day, keys, chunksNear(purged, keys, schema));
  };
}

/** Goes through a chunk's rows once, in batches. @throws Stopped where the rows that stay leave too many runs between them */
async function stayingIn(job: Job, day: OpenedDay, chunk: BoundedChunk, lookup: Lookup): Promise<Staying> {
  const { source, ledger, policy } = job;
  const finder = new SegmentFinder();
  const batch = new BatchSize(source, day.schema);
  let rows = 0;
  let differing = 0;
  let from = chunk.from;
  for (;;) {
    const live = await liveRows(ledger.session, day, batch.rows, { from, to: chunk.to });
    const classified = classifyReinserted(live, await lookup(live));
    const kept = rowsToLeave(classified, policy.recreated);
    for (const row of live) finder.add(row, kept.has(row));
    rows += kept.size;
    differing += kept.size - classified.identical.length;
    if (finder.found.length > runsAtMost)
      throw new Stopped(
        `${formatTableName(day.key)} ${day.key.day}: among the rows that came since the day was archived, more than ` +
          `${runsAtMost} have keys that were purged, each between new ones, in the range of one chunk of part ` +
          `${chunk.part.part}. Nothing is deleted or healed. Delete the rows that were purged before and came back, ` +
          'or write recreated: keepBoth',
      );
    if (live.length < batch.rows) return { runs: finder.found, open: finder.open, rows, differing };
    batch.learn(live);
    from = live.at(-1)?.cursor;
  }
}
