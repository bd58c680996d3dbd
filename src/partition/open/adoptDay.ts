import type { BoundedChunk } from '../../archive/chunkBounds.ts';
import { parsePartKey } from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { schemaChange } from '../../archive/schemaChange.ts';
import { behindTrace } from '../../archive/trace.ts';
import type { TablePolicy } from '../../config/policy.ts';
import { Stopped } from '../../job/attempt.ts';
import type { Source } from '../../job/source.ts';
import { type AdoptedPosition, adoptPartition } from '../../ledger/days/adoptPartition.ts';
import type { Ledger, Partition, PartitionKey } from '../../ledger/ledger.ts';
import { type Day, undatedDay } from '../../model/day.ts';
import { isArchived } from '../../model/partitionState.ts';
import { formatTableName } from '../../model/tableName.ts';
import type { TableSchema } from '../../mysql/schema/tableSchema.ts';
import { chunkAt } from '../chunkAt.ts';
import type { DayView } from '../compareChunk.ts';
import { provePurged, rowsGone, type Stretch, type Unproved } from '../provePurged.ts';
import { PurgeTrace, pointAt, rewindCommand, rewindHint } from '../purgeTrace.ts';
import { readChunks } from '../readChunks.ts';
import { namedObjects, strays } from '../removeObjects.ts';

/** A manifest in S3, and every object of its folder. */
export interface FoundManifest {
  day: Day;
  object: string;
  version: string;
  manifest: Manifest;
  beside: readonly string[];
}

interface Scene {
  source: Source;
  ledger: Ledger;
  policy: TablePolicy;
}

/** A pass, and how many of its chunks count as purged. */
interface Position {
  pass: number;
  chunks: readonly BoundedChunk[];
  next: number;
}

/**
 * Brings one day's ledger row to its manifest and its trace, if it is behind one of them or contradicts itself.
 * @returns whether it was
 * @throws Stopped, Fenced
 */
export async function adoptDay(
  { source, ledger, policy }: Scene,
  schema: TableSchema,
  key: PartitionKey,
  found: FoundManifest,
): Promise<boolean> {
  const { manifest } = found;
  const trace = await PurgeTrace.read(source, policy, key);
  const row = await ledger.readPartition(key);
  // Its deletion was begun: what is left of its manifest says nothing any more.
  if (row?.state === 'expired') return false;
  if (row && row.revision > manifest.revision)
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: ${found.object} is revision ${manifest.revision}, the ledger relies ` +
        `on ${row.revision}: put its newest version back, then accept again`,
    );
  return source.withSnapshots(async (sessions) => {
    const change = schemaChange(manifest.columns, schema.columns);
    const seen = { window: manifest.window, salt: manifest.salt };
    const view = { store: source.store, manifest, row: seen, schema, change, sessions, pageRows: policy.chunkRows };
    if (row && row.manifestVersion === found.version && !(await isWrong(view, row, trace))) return false;
    const proved = await findPosition(view, key, row, trace);
    const deleted = rowsBefore(manifest, proved);
    const objects = { tableFolder: source.folderOf(policy), key, epoch: Number.MAX_SAFE_INTEGER };
    const named = namedObjects(objects.tableFolder, key.day, manifest.parts);
    const { own } = strays(found.beside, { ...objects, named });
    const epochs = own.map((object) => parsePartKey(objects.tableFolder, key.day, object)?.epoch ?? 0);
    const point = pointAt(proved.chunks, proved.next, deleted);
    const begun = deleted > 0 || row?.state === 'purging' || row?.state === 'purged';
    const position: AdoptedPosition = {
      epoch: Math.max(manifest.epoch, trace.standing?.epoch ?? 0, ...epochs),
      manifest: { key: found.object, version: found.version },
      state: begun ? 'purging' : 'archived',
      pass: proved.pass,
      cursor: point.cursor,
      chunks: point.chunks,
      rowsDeleted: deleted,
      superseded: own.map((object) => ({ key: object })),
    };
    const adopted = await adoptPartition(ledger, key, row, { manifest, position });
    // Written last: until then the ledger counts as behind the trace, and `accept` can be repeated.
    if (trace.standing || deleted > 0) await trace.write(ledger, adopted, { done: point });
    return true;
  });
}

/** Whether the row can't be what a commit or the purge left: it has no manifest yet, is behind its trace, or contradicts its own count. */
async function isWrong(view: DayView, row: Partition, trace: PurgeTrace): Promise<boolean> {
  const { standing } = trace;
  if (!isArchived(row.state)) return true;
  if (standing && behindTrace(row, standing)) return true;
  if (row.rowsDeleted === 0 && row.cursor === null && !standing) return false;
  const chunks = await readChunks(view.store, view.manifest, row.pass);
  const next = chunkAt(chunks, row.cursor);
  if (next === undefined) return true;
  const counted = rowsBefore(view.manifest, { pass: row.pass, chunks, next });
  const more = next === chunks.length && row.rowsDeleted > counted;
  if (row.pass === 1 && counted !== row.rowsDeleted && !more) return true;
  if (!standing || standing.pass !== row.pass) return false;
  const { done, until } = stretchOf(view, { pass: row.pass, chunks }, trace);
  if (next < done) return true;
  const chunk = chunks[next];
  return trace.isOpen && chunk !== undefined && next < until && (await rowsGone(view, chunk)) === chunk.rows;
}

/** @throws Stopped if neither the trace nor the table says what was deleted */
async function findPosition(
  view: DayView,
  key: PartitionKey,
  row: Partition | undefined,
  trace: PurgeTrace,
): Promise<Position> {
  const { manifest } = view;
  // Rows without a day are never purged.
  if (key.day === undatedDay) return { pass: manifest.pass, chunks: [], next: 0 };
  // A restore to a time before this pass has brought back the rows of the earlier one.
  for (const pass of row && row.pass < manifest.pass ? [row.pass] : []) {
    const position = await positionIn(view, key, pass, trace);
    if (position.next < position.chunks.length) return position;
  }
  return positionIn(view, key, manifest.pass, trace);
}

async function positionIn(view: DayView, key: PartitionKey, pass: number, trace: PurgeTrace): Promise<Position> {
  const chunks = await readChunks(view.store, view.manifest, pass);
  const next = await provePurged(view, chunks, stretchOf(view, { pass, chunks }, trace));
  if (typeof next !== 'number') throw unproved(key, next);
  return { pass, chunks, next };
}

function unproved(key: PartitionKey, { chunk, gone, why }: Unproved): Stopped {
  return new Stopped(
    [
      `${formatTableName(key)} ${key.day}: ${gone} of ${chunk.rows} rows of the chunk that ends at ` +
        `${chunk.cursor.join(', ')} are gone from the table, ${why}: nobody can say whether a purge deleted them ` +
        'or the application did.',
      'The day was left as it was.',
      'Put them back from the archive (docs/archive-format.md shows how; the purge proves and deletes them again), and accept again.',
      rewindHint,
    ].join(' '),
    { command: rewindCommand(key) },
  );
}

/** How far S3 says that a pass was purged: by its trace, or without one by what the manifest recorded when it was written. */
function stretchOf({ manifest }: DayView, { pass, chunks }: Omit<Position, 'next'>, { standing }: PurgeTrace): Stretch {
  const all = chunks.length;
  const at = (cursor: readonly string[] | null) => chunkAt(chunks, cursor) ?? all;
  if (!standing) {
    const { purged } = manifest;
    return { done: pass < purged.pass ? all : pass === purged.pass ? at(purged.cursor) : 0, until: all };
  }
  if (pass !== standing.pass) return pass < standing.pass ? { done: all, until: all } : { done: 0, until: 0 };
  return { done: at(standing.done.cursor), until: at(standing.until.cursor) };
}

/** The rows of the chunks before a point, with those of earlier passes. */
function rowsBefore(manifest: Manifest, { pass, chunks, next }: Position): number {
  const earlier = manifest.parts.filter((part) => part.pass < pass).reduce((sum, part) => sum + part.rows, 0);
  return chunks.slice(0, next).reduce((sum, chunk) => sum + chunk.rows, earlier);
}
