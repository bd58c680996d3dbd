import { encodingOf } from '../archive/column.ts';
import { sameDigest } from '../archive/digest.ts';
import { dayPrefix, manifestKey } from '../archive/keys.ts';
import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import { openArchived } from '../checks/openTable.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job, TableJob } from '../job/job.ts';
import type { Source } from '../job/source.ts';
import type { Ledger, Partition, PartitionKey } from '../ledger/ledger.ts';
import { undatedDay } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import { readPages } from '../mysql/read/pages.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import { countUndated, earliestTime, undatedRows } from '../mysql/undatedRows.ts';
import { refuseUnaccounted } from '../partition/open/refuseUnaccounted.ts';
import { requireServer } from '../partition/open/serverClaim.ts';
import { readChunkIndex } from '../partition/readChunkIndex.ts';
import { readManifest } from '../partition/readManifest.ts';
import { abortUploads, moveSuperseded, namedObjects, sweep } from '../partition/removeObjects.ts';
import { requireOwnPrefix } from './claimPrefix.ts';
import { buildManifest } from './commitDay.ts';
import { pacedRead } from './pacedPages.ts';
import { newSalt } from './salt.ts';
import { verifyPart } from './verifyPart.ts';
import { writeParts } from './writeParts.ts';

export interface UndatedResult {
  rows: number;
  /** They are archived already, exactly as they are. */
  unchanged: boolean;
}

interface Undated {
  schema: TableSchema;
  /** The SQL predicate of the rows that belong to no day. */
  rows: string;
}

/**
 * Archives the rows that will never belong to a day, as day 0000-00-00. They are never purged, so a change needs no heal:
 * if their digest differs from the archive's, they are all written again, proved, and replace what was there.
 */
export async function archiveUndatedRows(table: TableJob): Promise<UndatedResult> {
  const { source, ledger, policy, attempt } = table;
  const key = { database: policy.database, table: policy.table, day: undatedDay };
  const job: Job = { ...table, key };
  if (policy.undated !== 'archive')
    throw new Stopped(
      `${formatTableName(policy)}: its policy says undated: leave. Write undated: archive to have its rows without a day archived`,
    );
  await requireOwnPrefix(source);
  const serverId = await requireServer(source, ledger);
  const opened = await openArchived(ledger, policy, { config: source.config });
  // They have no time, so they are ordered by the primary key.
  const schema = { ...opened.schema, cursorColumns: opened.schema.primaryKey };
  const undated = { schema, rows: undatedRows(schema, opened.kind) };
  const window = { start: 'undated', end: earliestTime(opened.kind).replaceAll("'", '') };
  await refuseUnaccounted(source, ledger, policy, key);
  await ledger.insertPartition(key, newSalt(), window, schema.fingerprint);
  const row = await take(ledger, key);
  const objectKey = manifestKey(source.folderOf(policy), key.day);
  const prefix = dayPrefix(source.folderOf(policy), key.day);
  await abortUploads(source, prefix, attempt);
  const standing = await readCurrentManifest(source, objectKey);
  const range = { schema, window: { ...window, rows: undated.rows }, from: undefined, to: undefined, salt: row.salt };
  const now = await rangeDigest(ledger.session, range);
  if (standing && sameDigest(now, standing.manifest)) {
    await settle(job, row, standing.manifest, standing.version);
    return { rows: now.rows, unchanged: true };
  }
  // If all of them have a day by now, they are archived there. An empty manifest removes them here (pitfall P88: a row is archived twice).
  if (now.rows === 0 && !standing) return { rows: 0, unchanged: true };
  const parts = await exportUndated(job, undated, row);
  const counts = await countUndated(ledger.session, schema, opened.kind);
  const built = await buildManifest(job, schema, {
    row,
    epoch: row.epoch,
    parts,
    serverId,
    undated: counts,
    engine: 'stream',
  });
  const manifest: Manifest = { ...built, revision: (standing?.manifest.revision ?? 0) + 1 };
  const body = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const hold = () => ledger.session.transaction(() => ledger.holdEpoch(key, row.epoch));
  const stored = standing
    ? await source.store.replace(objectKey, body, { etag: standing.etag, contentType: 'application/json', check: hold })
    : await source.store.putNew(objectKey, body, 'application/json');
  await settle(job, row, manifest, stored.versionId ?? stored.etag);
  return { rows: manifest.rows, unchanged: false };
}

/** Raises the epoch, which fences any other attempt that archives them. */
function take(ledger: Ledger, key: PartitionKey): Promise<Partition> {
  return ledger.session.transaction(async () => {
    const found = await ledger.lockPartition(key);
    if (!found) throw new Error(`ledger: the row of ${key.table}'s undated rows is gone; run it again`);
    return ledger.holdEpoch(key, await ledger.takeEpoch(key, found, found.state));
  });
}

async function readCurrentManifest(source: Source, objectKey: string) {
  const head = await source.store.head(objectKey);
  if (!head) return undefined;
  const manifest = await readManifest(source.store, objectKey, head.versionId);
  return { manifest, etag: head.etag, version: head.versionId ?? head.etag };
}

async function exportUndated(job: Job, { schema, rows }: Undated, row: Partition): Promise<ManifestPart[]> {
  const { source, policy, attempt } = job;
  const parts: ManifestPart[] = [];
  const range = {
    schema,
    window: { ...row.window, rows },
    after: undefined,
    salt: row.salt,
    pageRows: policy.chunkRows,
    paced: pacedRead(job, { phase: 'undated rows' }),
  };
  const first = { part: 0, epoch: row.epoch, pass: 1, width: schema.columns.length };
  await source.withSnapshots(async (sessions) => {
    async function* pages() {
      for await (const page of readPages(sessions, range)) {
        attempt.signal.throwIfAborted();
        attempt.heartbeat({ phase: 'undated rows', parts: parts.length });
        yield page;
      }
    }
    await writeParts(job, pages(), first, (part) => void parts.push(part));
  });
  const written = { encodings: schema.columns.map(encodingOf), salt: row.salt };
  for (const part of parts) {
    const chunks = await readChunkIndex(source.store, part);
    await verifyPart(source.store, part, { chunks, ...written }, (rows) => {
      attempt.signal.throwIfAborted();
      attempt.heartbeat({ phase: 'proving undated rows', part: part.part, rows });
    });
  }
  return parts;
}

/** Brings the ledger to the manifest in S3, and removes from the folder what it doesn't name. */
async function settle(job: Job, row: Partition, manifest: Manifest, version: string): Promise<void> {
  const { source, ledger, policy, key } = job;
  const tableFolder = source.folderOf(policy);
  const named = namedObjects(tableFolder, key.day, manifest.parts);
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, row.epoch);
    const replaced = (await ledger.readParts(key)).filter((part) => !named.has(part.object.key));
    const superseded = replaced.flatMap((part) => [part.object, part.chunkIndex]);
    await ledger.replaceParts(key, manifest.parts, superseded);
    await ledger.setArchived(key, manifest.rows, { key: manifestKey(tableFolder, key.day), version });
  });
  await moveSuperseded(job, dayPrefix(tableFolder, key.day));
  await sweep(source, ledger, { tableFolder, key, epoch: row.epoch, named });
}
