import type { BoundedChunk } from '../../archive/chunkBounds.ts';
import { manifestKey, tablePrefix } from '../../archive/keys.ts';
import { schemaChange } from '../../archive/schemaChange.ts';
import { checkStore, lockingOf } from '../../checks/openStore.ts';
import { requirePassed } from '../../checks/openTable.ts';
import { Stopped } from '../../job/attempt.ts';
import type { Job } from '../../job/job.ts';
import { isStop } from '../../job/stops.ts';
import { fuseOf } from '../../ledger/fuse.ts';
import { Fenced, type Ledger, type Partition, type PartitionKey } from '../../ledger/ledger.ts';
import { KeptBack, keptDay } from '../../ledger/putBacks.ts';
import { commandOf, messageOf } from '../../model/error.ts';
import { formatTableName } from '../../model/tableName.ts';
import type { TableSchema } from '../../mysql/schema/tableSchema.ts';
import { settleExchanges } from '../../native/settleExchanges.ts';
import { chunkAt } from '../chunkAt.ts';
import { PurgeTrace, rewindCommand, rewindHint } from '../purgeTrace.ts';
import { readChunks } from '../readChunks.ts';
import { readManifest } from '../readManifest.ts';
import { settleTrace } from '../settleTrace.ts';
import type { OpenedDay } from './openedDay.ts';
import { manifestFromFuture, type OpenedManifest, openManifest } from './openManifest.ts';

export type { OpenedDay } from './openedDay.ts';

/**
 * Refuses a day whose ledger is older than S3 (pitfall P77: the database went back in time; pitfall P86: the ledger was
 * restored or edited). It comes before the epoch is raised, because afterwards the ledger seems to be as new as S3. The
 * ledger is read last, so that nothing that another attempt writes meanwhile is newer than it.
 * @throws WentBackInTime, Fenced
 */
async function refuseRewind({ source, ledger, policy, key }: Job): Promise<PurgeTrace> {
  const objectKey = manifestKey(source.folderOf(policy), key.day);
  const trace = await PurgeTrace.read(source, policy, key);
  const standing = await source.store.head(objectKey);
  const row = await ledger.readPartition(key);
  if (!row)
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: its ledger row is gone. Nothing is deleted or healed. ${rewindHint}`,
      { command: rewindCommand(key) },
    );
  await keepingStops(ledger, key, row.epoch, async () => {
    trace.refuseBehind(row);
    if (!standing || (standing.versionId ?? standing.etag) === row.manifestVersion) return;
    const manifest = await readManifest(source.store, objectKey, standing.versionId);
    if (manifest.epoch > row.epoch) throw manifestFromFuture(key, manifest.epoch, row.epoch);
  });
  return trace;
}

/**
 * Refuses a bucket that wouldn't keep the table's objects. Checked once per slice or heal, because a lifecycle rule may be
 * added any day.
 * @throws TableRefused
 */
async function refuseLosingStore({ source, policy }: Job): Promise<void> {
  const { database, table } = policy;
  const tags = { source: source.config.source.name, database, table };
  const objects = { prefix: tablePrefix(source.folderOf(policy)), tags, locking: [lockingOf(policy)] };
  requirePassed(policy, await checkStore(source.store, source.config.store, objects, 'slice'));
}

/**
 * Runs `work` under the attempt's epoch, and records a stop with the day. A stop of an overtaken attempt isn't recorded but
 * retried, because its cause is another attempt's change: objects that a heal moved, or rows that were purged meanwhile.
 * @throws Fenced, and what `work` throws
 */
export async function keepingStops<T>(
  ledger: Ledger,
  key: PartitionKey,
  epoch: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isStop(error)) await ledger.setStopped(key, epoch, messageOf(error), commandOf(error));
    throw error;
  }
}

/**
 * Raises the epoch, which waits for a running CALL and fences other attempts, and only then reads cursor and manifest
 * (pitfall P62: a heal reads the cursor while a CALL still runs). An unfinished exchange of native partitions is undone or
 * completed before that.
 * @throws Stopped, Fenced, KeptBack
 */
export async function openDay(job: Job, schema: TableSchema): Promise<OpenedDay> {
  const { ledger, policy, key } = job;
  const trace = await refuseRewind(job);
  const { held, before, wasPurged } = await ledger.session.transaction(async () => {
    const found = await ledger.lockPartition(key);
    if (!found) throw new Fenced(key, 0, 'its ledger row is gone');
    // Under the lock that a restore takes before it keeps a day: either sees the other.
    const kept = await keptDay(ledger, key);
    if (kept) throw new KeptBack(key, kept);
    const epoch = await ledger.takeEpoch(key, found, 'purging');
    return { held: await ledger.holdEpoch(key, epoch), before: found.epoch, wasPurged: found.state === 'purged' };
  });
  return keepingStops(ledger, key, held.epoch, async () => {
    await refuseLosingStore(job);
    await settleExchanges(ledger, key, held.epoch);
    const opened = await openManifest(job, held, before);
    const day = await layDay(job, schema, { ...opened, trace, wasPurged, fuse: await fuseOf(ledger, policy, schema) });
    await settleTrace(job, day);
    return day;
  });
}

/** Compares the manifest with the table's columns and with the ledger's cursor. @throws Stopped */
async function layDay(
  { source, key }: Job,
  schema: TableSchema,
  opened: OpenedManifest & Pick<OpenedDay, 'trace' | 'fuse' | 'wasPurged'>,
): Promise<OpenedDay> {
  const dayName = `${formatTableName(key)} ${key.day}`;
  const { manifest, row } = opened;
  const change = schemaChange(manifest.columns, schema.columns);
  const keyNames = schema.primaryKey.map((column) => column.name);
  const newKey =
    keyNames.join() === manifest.primaryKey.join()
      ? undefined
      : `the primary key was (${manifest.primaryKey.join(', ')}) and is (${keyNames.join(', ')})`;
  const unbridged = change.unbridged ?? newKey;
  if (unbridged)
    throw new Stopped(
      `${dayName}: ${unbridged}. What the archive may lack is not deleted; undo the ALTER, or purge these days by hand`,
    );
  const chunks = await readChunks(source.store, manifest, row.pass);
  const next = chunkAt(chunks, row.cursor);
  if (next === undefined)
    throw new Stopped(
      [
        `${dayName}: the ledger's cursor ${JSON.stringify(row.cursor)} ends no chunk of the archive: it was edited, or is of another time than its table.`,
        `Nothing is deleted or healed. ${rewindHint}`,
      ].join(' '),
      { command: rewindCommand(key) },
    );
  refuseEditedCursor(row, chunks, next, key);
  return { ...opened, key, epoch: row.epoch, schema, change, chunks, next };
}

/**
 * In a first pass, the deleted rows are exactly those before the cursor. If somebody set the cursor back, a heal would take
 * purged rows for rows that the application deleted, and remove them from the archive.
 * @throws Stopped
 */
function refuseEditedCursor(row: Partition, chunks: readonly BoundedChunk[], next: number, key: PartitionKey): void {
  if (row.pass > 1) return;
  const rows = chunks.slice(0, next).reduce((sum, chunk) => sum + chunk.rows, 0);
  // At the end of the pass, reinserted rows may have been deleted too, so there may be more.
  const more = next === chunks.length && row.rowsDeleted > rows;
  if (rows === row.rowsDeleted || more) return;
  throw new Stopped(
    [
      `${formatTableName(key)} ${key.day}: the ledger counts ${row.rowsDeleted} deleted rows, and its cursor is after ${rows}: it was edited.`,
      `Nothing is deleted or healed. ${rewindHint}`,
    ].join(' '),
    { command: rewindCommand(key) },
  );
}
