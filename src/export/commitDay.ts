import { isDeepStrictEqual } from 'node:util';
import { encodingOf } from '../archive/column.ts';
import { digestName, mergeDigests } from '../archive/digest.ts';
import { dayPrefix, manifestKey } from '../archive/keys.ts';
import { dialectName, type Manifest, type ManifestPart } from '../archive/manifest.ts';
import { writersOf } from '../aurora/chooseEngine.ts';
import { dayStaging, sweepStaging } from '../aurora/staging.ts';
import { openArchived } from '../checks/openTable.ts';
import { release } from '../config/release.ts';
import { Stopped } from '../job/attempt.ts';
import { backfillCommand } from '../job/backfillCommand.ts';
import type { Job } from '../job/job.ts';
import type { Source } from '../job/source.ts';
import type { Partition } from '../ledger/ledger.ts';
import { parseDay, undatedDay } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import { countUndated, type Undated } from '../mysql/undatedRows.ts';
import { requireServer } from '../partition/open/serverClaim.ts';
import { readManifest } from '../partition/readManifest.ts';
import { abortUploads, namedObjects, sweep } from '../partition/removeObjects.ts';
import { KeyExists } from '../s3/errors.ts';

export interface CommitResult {
  rows: number;
  objects: number;
  bytes: number;
  /** Rows that have no day in the table or in the archive, if the policy wants them archived. */
  undated?: number;
}

/** Fences other attempts, writes the manifest, updates the ledger, and removes what dead attempts left. */
export async function commitDay(job: Job): Promise<CommitResult> {
  const { source, ledger, policy, key, attempt } = job;
  const dayName = `${formatTableName(key)} ${key.day}`;
  const objectKey = manifestKey(source.folderOf(policy), key.day);
  const { schema, kind } = await openArchived(ledger, policy, { config: source.config });
  const serverId = await requireServer(source, ledger);
  const opened = await ledger.session.transaction(async () => {
    const row = await ledger.lockPartition(key);
    if (!row || row.state === 'purging' || row.state === 'purged') return undefined;
    if (row.state === 'archived') return { row, epoch: undefined };
    const again = { command: backfillCommand(key) };
    if (row.state !== 'verified')
      throw new Stopped(`${dayName}: it is ${row.state} and was not verified; run it again:`, again);
    if (row.fingerprint !== schema.fingerprint)
      throw new Stopped(`${dayName}: the columns changed while it was exported; run the day again:`, again);
    return { epoch: await ledger.takeEpoch(key, row, 'verified'), row };
  });
  const parts = await ledger.readParts(key);
  const bytes = parts.reduce((sum, part) => sum + part.object.bytes, 0);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  if (!opened) return { rows, objects: parts.length, bytes };
  const { epoch, row } = opened;
  const where = source.folderOf(policy);
  const prefix = dayPrefix(where, key.day);
  const named = namedObjects(where, key.day, parts);
  const engine = row.engine ?? ((await writersOf(ledger.session, source.config))(policy) ? 'aurora' : 'stream');
  const clearUp = async (of: number) => {
    await sweep(source, ledger, { tableFolder: where, key, epoch: of, named });
    // A statement of an attempt that was killed writes on until it ends.
    if (engine === 'aurora') await sweepStaging(source, dayStaging(source.config, key));
  };
  if (epoch === undefined) {
    // An earlier attempt may have died after it updated the ledger and before it removed what was left.
    await clearUp(row.epoch);
    return { rows, objects: parts.length, bytes };
  }
  await abortUploads(source, prefix, attempt);
  const undated = await countUndated(ledger.session, schema, kind);
  const manifest = await buildManifest(job, schema, { row, epoch, parts, serverId, undated, engine });
  const standing = (await putManifest(source, objectKey, manifest)) ?? (await source.store.head(objectKey));
  if (!standing) throw new Stopped(`${dayName}: ${objectKey} is gone again; find what removes objects there`);
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, epoch, 'archived');
    await ledger.setArchived(key, rows, { key: objectKey, version: standing.versionId ?? standing.etag });
    await ledger.setUndated(key, undated.withoutTime + undated.outOfRange);
  });
  await clearUp(epoch);
  attempt.report?.({ table: formatTableName(key), day: key.day }, { event: 'archived', rows, bytes });
  const left = undated.withoutTime + undated.outOfRange;
  // Archived ones that have a day by now must leave day 0000-00-00 (pitfall P88: a row is archived twice).
  const before = await ledger.readPartition({ ...key, day: undatedDay });
  const concerned = Math.max(left, before?.rowsArchived ?? 0);
  return {
    rows,
    objects: parts.length,
    bytes,
    undated: policy.undated === 'archive' && concerned > 0 ? concerned : undefined,
  };
}

/** Writes the manifest once. If there is one already, it must be of the very same parts. */
async function putManifest(source: Source, objectKey: string, manifest: Manifest) {
  try {
    return await source.store.putNew(
      objectKey,
      Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
      'application/json',
    );
  } catch (error) {
    if (!(error instanceof KeyExists)) throw error;
    const standing = await readManifest(source.store, objectKey);
    if (standing.salt !== manifest.salt || !isDeepStrictEqual(standing.parts, manifest.parts))
      throw new Stopped(
        `${manifest.source.database}.${manifest.source.table} ${manifest.day}: ${objectKey} is there already and names ` +
          'other objects than this export wrote. Nothing of it was changed: find what wrote it, move it away, and run the day again:',
        { command: backfillCommand({ ...manifest.source, day: parseDay(manifest.day) }) },
      );
    return undefined;
  }
}

export interface Committed {
  row: Partition;
  epoch: number;
  parts: ManifestPart[];
  serverId: string;
  undated: Undated;
  engine: Manifest['engine'];
}

export async function buildManifest(
  { source, ledger, policy, key }: Job,
  schema: TableSchema,
  { row, epoch, parts, serverId, undated, engine }: Committed,
): Promise<Manifest> {
  const total = mergeDigests(parts);
  const { session } = ledger;
  return {
    manifestVersion: 1,
    tool: `sediment ${release}`,
    engine,
    source: {
      name: source.config.source.name,
      serverId,
      serverVersion: session.serverVersion,
      database: key.database,
      table: key.table,
      ddl: schema.ddl,
      ddlHash: schema.ddlHash,
    },
    day: key.day,
    window: row.window,
    zone: policy.zone,
    timeColumn: policy.timeColumn,
    primaryKey: schema.primaryKey.map((column) => column.name),
    columns: schema.columns.map((column) => ({ ...column, encoding: encodingOf(column) })),
    dialect: dialectName,
    compression: policy.compression,
    digest: digestName,
    salt: row.salt,
    epoch,
    revision: 1,
    purged: { pass: 1, cursor: null },
    pass: 1,
    heals: [],
    rows: total.rows,
    xor: total.xor,
    parts,
    undated,
    verifiedAt: new Date().toISOString(),
  };
}
