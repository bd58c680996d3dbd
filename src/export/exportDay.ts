import { dayPrefix, manifestKey } from '../archive/keys.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { type ChosenEngine, chooseEngine } from '../aurora/chooseEngine.ts';
import { dayStaging, sweepStaging } from '../aurora/staging.ts';
import { type OpenedTable, openArchived } from '../checks/openTable.ts';
import { Held, Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { firstDenseDay, serverOpenDay, windowOf } from '../job/tableTime.ts';
import type { Ledger, Partition, PartitionKey } from '../ledger/ledger.ts';
import { dayWindow, type TimeColumnKind } from '../model/day.ts';
import { isArchived } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';
import type { ExportRange } from '../mysql/read/pageBounds.ts';
import { readPages } from '../mysql/read/pages.ts';
import { openTransactionsSince } from '../mysql/schema/openTransactions.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import { joinResourceGroup } from '../mysql/session/resourceGroup.ts';
import type { Session } from '../mysql/session/session.ts';
import { refuseTableBehind, refuseUnaccounted } from '../partition/open/refuseUnaccounted.ts';
import { requireServer } from '../partition/open/serverClaim.ts';
import { WentBackInTime } from '../partition/purgeTrace.ts';
import { readManifest } from '../partition/readManifest.ts';
import { abortUploads, namedObjects, sweep } from '../partition/removeObjects.ts';
import { adjoiningWindow } from './adjoiningWindow.ts';
import { auroraPages } from './auroraPages.ts';
import { requireOwnPrefix } from './claimPrefix.ts';
import { PacedPages } from './pacedPages.ts';
import { type PageSessions, withReplica } from './replicaSessions.ts';
import { newSalt } from './salt.ts';
import { writeParts } from './writeParts.ts';

/** The shortest time between two checks of a running export for a hold. */
const holdMillis = 250;

export interface ExportResult {
  rows: number;
  parts: number;
  /** There is a verified manifest already, so there is nothing to do. */
  archived: boolean;
  /** Why rows may still come into the day, in words. */
  warning?: string;
}

/** Writes a closed day's rows to S3, part by part, each chunk with MySQL's own digest. A retry continues after the last completed part. */
export async function exportDay(job: Job): Promise<ExportResult> {
  const { source, ledger, policy, key } = job;
  await refuseHeld(ledger, key);
  await joinGroup(job, ledger.session);
  const opened = await openArchived(ledger, policy, { config: source.config });
  const open = await serverOpenDay(ledger.session, policy);
  if (key.day >= open)
    throw new Stopped(
      `${formatTableName(key)}: ${key.day} isn't over and settled yet in ${policy.zone} (settle: ` +
        `${policy.settle}); ${open} is the first day that is still open`,
    );
  await requireOwnPrefix(source);
  await requireServer(source, ledger);
  await refuseTableBehind(source, ledger, policy);
  const { engine } = await chooseEngine(ledger.session, policy, source.config);
  // Also where the day turns out to be exported: an attempt may have died just before it cleared up.
  if (engine === 'aurora') await sweepStaging(source, dayStaging(source.config, key));
  return withReplica(job, opened, (replica) => exportFrom(job, opened, { replica, engine }));
}

/** How a day's rows are read. */
interface Reading extends Pick<ChosenEngine, 'engine'> {
  /** Undefined: the source itself. */
  replica: PageSessions | undefined;
}

async function exportFrom(
  job: Job,
  { schema, kind }: OpenedTable,
  { replica, engine }: Reading,
): Promise<ExportResult> {
  const { source, ledger, policy, key } = job;
  const warning = await warnOfOpenTransactions(job);
  await fixTable(job, schema, kind);
  const opened = await openPartition(job, schema, windowOf(policy, kind, key.day));
  if (opened.done) return opened.done;
  const { epoch, partition } = opened;
  const written = replica
    ? await exportRows(job, schema, partition, { sessions: replica, engine })
    : await source.withSnapshots(async (sessions) => {
        await joinGroup(job, ...sessions);
        return exportRows(job, schema, partition, { sessions, engine });
      });
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, epoch, 'exported');
    await ledger.setExported(key, engine);
  });
  return { ...written, archived: false, warning };
}

/** A replica's groups are its own: only sessions on the source join. @throws ResourceGroupRefused */
async function joinGroup({ policy }: Job, ...sessions: readonly Session[]): Promise<void> {
  const { resourceGroup } = policy.throttle;
  if (resourceGroup === undefined) return;
  for (const session of sessions) await joinResourceGroup(session, resourceGroup);
}

/** Writes the rows that aren't in a completed part, and records each part when it is complete. @throws Held, Fenced */
async function exportRows(
  job: Job,
  schema: TableSchema,
  partition: Partition,
  { sessions, engine }: { sessions: PageSessions; engine: ChosenEngine['engine'] },
): Promise<Pick<ExportResult, 'rows' | 'parts'>> {
  const { ledger, policy, key, attempt } = job;
  const { epoch } = partition;
  const parts = await ledger.readParts(key);
  if (epoch > 1) await clearRemains(job, epoch, parts);
  let rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const paced = new PacedPages(job, (held) => attempt.heartbeat({ rows, held }), policy.export?.from);
  const range: ExportRange = {
    schema,
    window: partition.window,
    after: parts.at(-1)?.endCursor,
    salt: partition.salt,
    pageRows: policy.chunkRows,
    paced: (page) => paced.read(page),
  };
  const goOn = async () => {
    await refuseHeld(ledger, key);
    attempt.heartbeat({ rows, parts: parts.length });
  };
  const read = () =>
    engine === 'aurora' ? auroraPages(job, sessions, range, { epoch, goOn }) : readPages(sessions, range);
  async function* pages() {
    for await (const page of unheldPages(job, read())) {
      yield page;
      rows += page.digest.rows;
      attempt.count?.('exported', page.digest.rows, page.csv.length);
      attempt.heartbeat({ rows, parts: parts.length });
    }
  }
  const first = { part: parts.length, epoch, pass: 1, width: schema.columns.length };
  await writeParts(job, pages(), first, async (part) => {
    await ledger.session.transaction(async () => {
      await ledger.holdEpoch(key, epoch);
      await ledger.recordPart(key, part);
    });
    parts.push(part);
  });
  return { rows, parts: parts.length };
}

/** Looks for a hold between two pages. @throws Held */
async function* unheldPages<Page>({ ledger, key, attempt }: Job, pages: AsyncIterable<Page>): AsyncGenerator<Page> {
  let looked = performance.now();
  for await (const page of pages) {
    attempt.signal.throwIfAborted();
    if (performance.now() - looked > holdMillis) {
      await refuseHeld(ledger, key);
      looked = performance.now();
    }
    yield page;
  }
}

/** Removes what earlier attempts left: unfinished uploads, and objects that they couldn't record any more (pitfall P87: these stay visible). */
async function clearRemains(
  { source, ledger, policy, key, attempt }: Job,
  epoch: number,
  parts: readonly ManifestPart[],
): Promise<void> {
  const tableFolder = source.folderOf(policy);
  await abortUploads(source, dayPrefix(tableFolder, key.day), attempt);
  await sweep(source, ledger, { tableFolder, key, epoch, named: namedObjects(tableFolder, key.day, parts) });
}

/** Called between pages too. Completed parts stay, and the retry continues after them. @throws Held */
async function refuseHeld(ledger: Ledger, key: PartitionKey): Promise<void> {
  const hold = await ledger.exportHold(key);
  if (hold) throw new Held(formatTableName(key), hold);
}

/** Warns of transactions that are older than the day's end: they may still commit rows into it, which a heal will find. */
async function warnOfOpenTransactions({ ledger, policy, key }: Job): Promise<string | undefined> {
  const end = dayWindow(key.day, 'timestamp', policy.zone, 'policy').end;
  const open = await openTransactionsSince(ledger.session, end);
  if (!open) return undefined;
  return `${open} transactions that were begun before the end of ${key.day} are still open: what they commit into it is found before the purge`;
}

/** The first export fixes a table's time column, zone, prefix and layout. The gate refuses a later config that differs. */
async function fixTable(
  { source, ledger, policy, key }: Job,
  schema: TableSchema,
  kind: TimeColumnKind,
): Promise<void> {
  const { prefix, layout } = source.config.store;
  const own = {
    source: source.config.source.name,
    timeColumn: policy.timeColumn,
    timeKind: kind,
    zone: policy.zone,
    prefix,
    layout,
  };
  const { database, table } = schema;
  const dated = { session: ledger.session, policy, schema, kind };
  const firstDay = async () => policy.firstDay ?? (await firstDenseDay(dated)) ?? key.day;
  const record =
    (await ledger.readTable(database, table)) ??
    (await ledger.recordTable(database, table, { ...own, firstDay: await firstDay() }));
  if (record.timeKind === undefined) await ledger.recordTimeKind(database, table, kind);
  // An earlier first day is accepted: the days from there on are archived like any other.
  if (policy.firstDay !== undefined && policy.firstDay < record.firstDay)
    await ledger.moveFirstDay(database, table, policy.firstDay);
}

type Opened = { done: ExportResult } | { done?: undefined; epoch: number; partition: Partition };

/** Reconciles the ledger with a manifest in S3, then raises the partition's epoch. */
async function openPartition(
  { source, ledger, policy, key }: Job,
  schema: TableSchema,
  window: Partition['window'],
): Promise<Opened> {
  const known = await ledger.readPartition(key);
  if (known?.state === 'expired')
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: its archive has expired and was deleted, and no day is archived a second time. ` +
        'Rows of it that are in the table stay there; delete them, or move them to another day',
    );
  if (known && isArchived(known.state)) return { done: { rows: known.rowsArchived, parts: 0, archived: true } };
  await refuseUnaccounted(source, ledger, policy, key);
  const objectKey = manifestKey(source.folderOf(policy), key.day);
  const standing = await source.store.head(objectKey);
  if (standing) {
    const manifest = await readManifest(source.store, objectKey, standing.versionId);
    // Read again: another attempt may have written manifest and ledger since.
    const now = await ledger.readPartition(key);
    if (!now || manifest.epoch > now.epoch || manifest.salt !== now.salt)
      throw new WentBackInTime(
        key,
        `the manifest in S3 is newer than the ledger (epoch ${manifest.epoch} against ${now?.epoch ?? 'none'})`,
      );
    await ledger.session.transaction(async () => {
      await ledger.holdEpoch(key, now.epoch, 'archived');
      await ledger.setArchived(key, manifest.rows, { key: objectKey, version: standing.versionId ?? standing.etag });
    });
    return { done: { rows: manifest.rows, parts: manifest.parts.length, archived: true } };
  }
  // A recorded window stays as it is. Only a new day is compared with its neighbours.
  if (!known) window = await adjoiningWindow(ledger, key, window);
  await ledger.insertPartition(key, newSalt(), window, schema.fingerprint);
  return ledger.session.transaction(async (): Promise<Opened> => {
    const row = await ledger.lockPartition(key);
    if (!row) throw new Error(`ledger: the row of ${formatTableName(key)} ${key.day} is gone`);
    const parts = await ledger.readParts(key);
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    const sameColumns = row.fingerprint === schema.fingerprint;
    if (sameColumns && (row.state === 'exported' || row.state === 'verified'))
      return { done: { rows, parts: parts.length, archived: false } };
    const epoch = await ledger.takeEpoch(key, row, 'exporting');
    if (!sameColumns) {
      // All objects of a day have one column list, so a change of columns starts the day again.
      for (const part of parts)
        for (const object of [part.object, part.chunkIndex]) await ledger.condemn(object.key, epoch);
      await ledger.restart(key, newSalt(), schema.fingerprint);
    }
    const partition = await ledger.holdEpoch(key, epoch);
    return { epoch, partition };
  });
}
