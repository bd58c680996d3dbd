import { chunkDigest } from '../archive/chunk.ts';
import { encodingOf } from '../archive/column.ts';
import { digestName, emptyDigest, mergeDigests } from '../archive/digest.ts';
import { dayPrefix, manifestKey } from '../archive/keys.ts';
import { dialectName, type Manifest, type ManifestPart, parseManifest } from '../archive/manifest.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Ledger, Partition, PartitionKey } from '../mysql/ledger.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import type { TableSchema } from '../mysql/tableSchema.ts';
import { KeyExists } from '../s3/errors.ts';
import { type Attempt, type PartitionInput, Stopped } from './attempt.ts';
import { readChunkIndex } from './chunkIndex.ts';
import { openTable, partitionOf, type Source } from './source.ts';

export interface CommitResult {
  rows: number;
  objects: number;
  bytes: number;
}

/** Shuts out zombies, writes the manifest, brings the ledger forward, and removes what dead attempts left. */
export async function commitManifest(source: Source, input: PartitionInput, attempt: Attempt): Promise<CommitResult> {
  const { policy, key } = partitionOf(source, input);
  const place = manifestKey(source.place(policy), key.day);
  return source.withLedger(async (ledger) => {
    const { schema } = await openTable(ledger.session, policy);
    const opened = await ledger.session.transaction(async () => {
      const row = await ledger.lockPartition(key);
      if (!row || row.state === 'purging' || row.state === 'purged') return undefined;
      if (row.state === 'archived') return { row, epoch: undefined };
      if (row.state !== 'verified')
        throw new Stopped(`${input.table} ${key.day}: ${row.state} was not verified; run it again`);
      if (row.fingerprint !== schema.fingerprint)
        throw new Stopped(`${input.table} ${key.day}: the columns changed while it was exported; run the day again`);
      return { epoch: await ledger.takeEpoch(key, row, 'verified'), row };
    });
    const parts = await ledger.readParts(key);
    const bytes = parts.reduce((sum, part) => sum + part.object.bytes, 0);
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    if (!opened) return { rows, objects: parts.length, bytes };
    const { epoch, row } = opened;
    const prefix = dayPrefix(source.place(policy), key.day);
    const named = new Set([place, ...parts.flatMap((part) => [part.object.key, part.chunkIndex.key])]);
    if (epoch === undefined) {
      // An attempt before this one may have died between the ledger and its sweep.
      await sweep(source, ledger, key, row.epoch, prefix, named);
      return { rows, objects: parts.length, bytes };
    }
    await abortUploads(source, prefix, attempt);
    const manifest = await buildManifest(source, ledger, policy, schema, key, row, epoch, parts);
    const standing = (await putManifest(source, place, manifest)) ?? (await source.store.head(place));
    await ledger.session.transaction(async () => {
      await ledger.holdEpoch(key, epoch, 'archived');
      await ledger.setArchived(key, rows, standing?.versionId ?? standing?.etag ?? '');
    });
    await sweep(source, ledger, key, epoch, prefix, named);
    return { rows, objects: parts.length, bytes };
  });
}

/** An upload in flight belongs to an attempt that was overtaken: aborted, its completion fails. */
async function abortUploads(source: Source, prefix: string, attempt: Attempt): Promise<void> {
  for (;;) {
    const uploads = await source.store.listUploads(prefix);
    if (uploads.length === 0) return;
    attempt.signal.throwIfAborted();
    for (const upload of uploads) await source.store.abortUpload(upload.key, upload.uploadId);
  }
}

/** Writes the manifest once; one that stands already must be of this very partition's parts. */
async function putManifest(source: Source, place: string, manifest: Manifest) {
  try {
    return await source.store.putNew(place, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), 'application/json');
  } catch (error) {
    if (!(error instanceof KeyExists)) throw error;
    const standing = parseManifest((await source.store.read(place)).toString('utf8'));
    if (standing.salt !== manifest.salt || JSON.stringify(standing.parts) !== JSON.stringify(manifest.parts))
      throw new Stopped(`${place} is another's: the manifest that stands there names other objects`);
    return undefined;
  }
}

async function buildManifest(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  schema: TableSchema,
  key: PartitionKey,
  row: Partition,
  epoch: number,
  parts: ManifestPart[],
): Promise<Manifest> {
  const digests = [emptyDigest];
  for (const part of parts) digests.push(...(await readChunkIndex(source.store, part)).map(chunkDigest));
  const total = mergeDigests(digests);
  const { session } = ledger;
  const [server] = await session.rows(
    session.flavor === 'mysql' ? 'SELECT @@server_uuid AS id' : "SELECT CONCAT(@@server_id, '@', @@hostname) AS id",
  );
  const nulls = schema.timeColumn.nullable
    ? await session.rows(
        `SELECT COUNT(*) AS number FROM ${qualified(schema.database, schema.table)} WHERE ${identifier(schema.timeColumn.name)} IS NULL`,
      )
    : [];
  return {
    manifestVersion: 1,
    tool: 'sediment 0.1.0',
    engine: 'stream',
    source: {
      name: source.config.source.name,
      serverId: String(server?.id),
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
    rows: total.rows,
    xor: total.xor,
    parts,
    undatedRows: Number(nulls[0]?.number ?? 0),
    verifiedAt: new Date().toISOString(),
  };
}

/** Removes what the day's parts don't name: first condemned in a transaction that holds the epoch, only then removed. */
async function sweep(
  source: Source,
  ledger: Ledger,
  key: PartitionKey,
  epoch: number,
  prefix: string,
  named: ReadonlySet<string>,
): Promise<void> {
  const strays = (await source.store.list(prefix)).filter((object) => !named.has(object));
  if (strays.length === 0) return;
  await ledger.session.transaction(async () => {
    await ledger.holdEpoch(key, epoch);
    for (const stray of strays) await ledger.condemn(stray, epoch);
  });
  for (const stray of await ledger.condemned(prefix)) if (!named.has(stray)) await source.store.remove(stray);
}
