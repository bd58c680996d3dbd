import { chunkDigest } from '../archive/chunk.ts';
import { type Column, encodingOf } from '../archive/column.ts';
import { readRows } from '../archive/csvReader.ts';
import { CsvWriter } from '../archive/csvWriter.ts';
import { type Digest, digestCsv, emptyDigest, mergeDigests, sameDigest } from '../archive/digest.ts';
import type { Manifest } from '../archive/manifest.ts';
import type { RowTest } from '../archive/rowFilter.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import type { Restore } from '../ledger/restores.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { isDuplicateKey, isRightRefused } from '../mysql/errors.ts';
import { identifier, literal, qualified } from '../mysql/quote.ts';
import { digestOf } from '../mysql/rangeDigest.ts';
import type { Session } from '../mysql/session/session.ts';
import { requireObjects } from '../partition/open/openManifest.ts';
import { notIndexed, requireIndexed } from '../partition/unpackChunk.ts';
import { type ChunkRun, type PlacedChunk, readRun } from './chunkRuns.ts';
import { loadFromS3 } from './loadFromS3.ts';
import { insertStatements, loadStatement } from './loadStatement.ts';
import { lacksRights } from './prepareRestore.ts';
import { chunkColumn, chunksADay, columnsOf, retypedColumns } from './scratchTable.ts';

/** What the runs of a day share. */
export interface Loading {
  job: Job;
  restore: Restore;
  manifest: Manifest;
  /** The number of the day's first chunk in the target. */
  base: number;
  test: RowTest | undefined;
  /** Whether the server takes LOAD DATA LOCAL. */
  local: boolean;
}

function ofChunks(from: number, to: number): string {
  return `${identifier(chunkColumn)} BETWEEN ${from} AND ${to}`;
}

function ofDay(base: number): string {
  return ofChunks(base, base + chunksADay - 1);
}

/** Indexes of a day's chunks that are in the target: they are proved, because nothing else is committed. */
export async function loadedChunks(
  session: Session,
  { database, table }: TableName,
  base: number,
): Promise<Set<number>> {
  const rows = await session.rows(
    `SELECT DISTINCT ${identifier(chunkColumn)} AS number FROM ${qualified(database, table)} FORCE INDEX (PRIMARY) WHERE ${ofDay(base)}`,
  );
  return new Set(rows.map((row) => Number(row.number) - base));
}

/** How many rows of a day the target has. */
export async function loadedRows(session: Session, { database, table }: TableName, base: number): Promise<number> {
  const [row] = await session.rows(
    `SELECT COUNT(*) AS number FROM ${qualified(database, table)} FORCE INDEX (PRIMARY) WHERE ${ofDay(base)}`,
  );
  return Number(row?.number);
}

/** A run and its chunks' CSV; undefined where the server reads their part by itself. */
export interface ReadRun {
  run: ChunkRun;
  chunks: readonly Buffer[] | undefined;
}

/** Loads a run and proves it, in one transaction. @returns its rows @throws Stopped, ObjectDamaged */
export async function loadRun(session: Session, loading: Loading, read: ReadRun): Promise<number> {
  const { target } = loading.restore;
  try {
    return await session.transaction(() => loadAndProve(session, loading, read));
  } catch (error) {
    if (!(error instanceof Stopped) && isRightRefused(error)) throw await lacksRights(session, target, error);
    if (!isDuplicateKey(error)) throw error;
    // An attempt that was given up may have committed the same run meanwhile.
    const [first] = read.run;
    const loaded = await loadedChunks(session, target, loading.base);
    if (first && loaded.has(first.index)) return 0;
    throw new Stopped(
      `${formatTableName(target)}: ${String(error)}. Somebody else writes into it: drop it, and restore again`,
      { cause: error },
    );
  }
}

/** A chunk of a run with what of it goes into the target. */
interface WantedChunk {
  placed: PlacedChunk;
  columns: readonly Column[];
  csv: Buffer | undefined;
  digest: Digest;
}

async function loadAndProve(session: Session, loading: Loading, { run, chunks }: ReadRun): Promise<number> {
  const { job, restore, base, local } = loading;
  const wanted = run.map((placed, position) => wantedOf(loading, placed, chunks?.[position]));
  const [first] = wanted;
  if (first && !chunks) {
    const into = { target: restore.target, columns: first.columns, number: base + first.placed.index };
    await loadFromS3(session, job, into, run);
  }
  for (const { placed, columns, csv, digest } of wanted) {
    if (!csv || digest.rows === 0) continue;
    const into = { target: restore.target, columns, number: base + placed.index };
    if (local) await session.load(loadStatement(into), csv);
    else for (const statement of insertStatements(into, csv)) await session.execute(statement);
  }
  const whole = mergeDigests(wanted.map(({ digest }) => digest));
  const found = await digestInTarget(session, loading, wanted);
  if (!sameDigest(found, whole)) throw await differing(session, loading, wanted);
  return whole.rows;
}

/** All of a chunk, by the digest of its index; or the rows that meet the condition; these are proved by our own digest. */
function wantedOf({ restore, manifest, test }: Loading, placed: PlacedChunk, csv: Buffer | undefined): WantedChunk {
  const { chunk, part } = placed;
  const columns = restore.columns.slice(0, part.width);
  if (!test || !csv) return { placed, columns, csv, digest: chunkDigest(chunk) };
  const encodings = columns.map(encodingOf);
  requireIndexed(part.object.key, chunk, digestCsv(csv, encodings, manifest.salt));
  const writer = new CsvWriter(1 << 12);
  let rows = 0;
  for (const row of readRows(csv, encodings)) {
    if (!test(row)) continue;
    rows++;
    writer.row(row, encodings);
  }
  const own = writer.take();
  return { placed, columns, csv: own, digest: rows === 0 ? emptyDigest : digestCsv(own, encodings, manifest.salt) };
}

/** MySQL's own digest of the chunks of a run, as the target has them now; they have one list of columns. */
function digestInTarget(session: Session, loading: Loading, chunks: readonly WantedChunk[]): Promise<Digest> {
  const { restore, manifest, base } = loading;
  const { database, table } = restore.target;
  const first = chunks[0]?.placed.index ?? 0;
  const last = chunks.at(-1)?.placed.index ?? first;
  return digestOf(session, {
    // A column may have been nullable when a part was written, and not any more when the manifest was.
    columns: (chunks[0]?.columns ?? []).map((column) => ({ ...column, dropped: undefined, nullable: true })),
    salt: literal(manifest.salt),
    from: `${qualified(database, table)} FORCE INDEX (PRIMARY)`,
    where: ofChunks(base + first, base + last),
  });
}

/** Why a run isn't in the target what it is in the archive: the object, or what the target's columns do to a value. */
async function differing(session: Session, loading: Loading, wanted: readonly WantedChunk[]): Promise<Error> {
  const { restore, manifest, job } = loading;
  for (const each of wanted) {
    const found = await digestInTarget(session, loading, [each]);
    if (sameDigest(found, each.digest)) continue;
    const { part, chunk } = each.placed;
    const csv = each.csv ?? (await readRun(job.source.store, [each.placed], job.attempt.signal))[0] ?? Buffer.alloc(0);
    const own = digestCsv(csv, each.columns.map(encodingOf), manifest.salt);
    // What S3 returned decides first whose fault it is.
    if (!sameDigest(own, each.digest)) return notIndexed(part.object.key, chunk);
    if (!each.csv) await requireObjects(job.source, manifest, `${formatTableName(job.key)} ${job.key.day}`);
    const retyped = retypedColumns(columnsOf(manifest), restore.columns);
    const why =
      retyped.length > 0
        ? `its columns have another type in the target (${retyped.join('; ')}): restore this day by itself, into another table with --into`
        : 'the server has changed a value while it wrote it; compare the table’s columns with the manifest’s';
    return new Stopped(
      `${formatTableName(job.key)} ${job.key.day}: the chunk at byte ${chunk.offset} of ${part.object.key} has ${each.digest.rows} rows ` +
        `of digest ${each.digest.xor.slice(0, 16)}…, and ${formatTableName(restore.target)} has ${found.rows} of ` +
        `${found.xor.slice(0, 16)}…: ${why}. Nothing of it was kept`,
    );
  }
  return new Stopped(
    `${formatTableName(restore.target)}: its rows are changed by somebody else; drop it, and restore again`,
  );
}
