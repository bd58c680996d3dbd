import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { type Chunk, renderChunkIndex } from '../archive/chunk.ts';
import { type Day, parseDay } from '../archive/day.ts';
import { chunkIndexKey, manifestKey, partKey } from '../archive/keys.ts';
import { type ManifestPart, parseManifest } from '../archive/manifest.ts';
import { findPolicy, type TablePolicy } from '../config/policy.ts';
import { type ProvedPage, readPages } from '../mysql/exportReader.ts';
import type { Ledger, Partition, PartitionKey } from '../mysql/ledger.ts';
import type { TableSchema } from '../mysql/tableSchema.ts';
import type { MultipartUpload } from '../s3/multipartUpload.ts';
import { type Attempt, type PartitionInput, Stopped } from './attempt.ts';
import { newSalt, oldestDay, openTable, type Source, serverToday, windowOf } from './source.ts';

const gzip = promisify(gzipCallback);

export interface ExportResult {
  rows: number;
  parts: number;
  /** A verified manifest stands already: there is nothing to do. */
  archived: boolean;
}

/** Writes a closed day's rows to S3, part by part, each chunk with MySQL's own digest. A retry goes on after the last completed part. */
export async function exportPartition(source: Source, input: PartitionInput, attempt: Attempt): Promise<ExportResult> {
  const policy = findPolicy(source.config, input.table);
  const key: PartitionKey = { database: policy.database, table: policy.table, day: parseDay(input.day) };
  return source.withLedger(async (ledger) => {
    const { schema, kind } = await openTable(ledger.session, policy);
    const today = await serverToday(ledger.session, policy);
    if (key.day >= today)
      throw new Stopped(`${input.table}: ${key.day} isn't over yet, it is ${today} in ${policy.zone}`);
    await fixTable(source, ledger, policy, schema, (await oldestDay(ledger.session, policy, schema, kind)) ?? key.day);
    const window = windowOf(policy, kind, key.day);
    const opened = await openPartition(source, ledger, key, policy, schema, window);
    if (opened.done) return opened.done;
    const { epoch, partition } = opened;
    const sessions = [await source.open('REPEATABLE READ'), await source.open('REPEATABLE READ')] as const;
    try {
      const parts = await ledger.readParts(key);
      const range = {
        schema,
        window: partition.window,
        after: parts.at(-1)?.endCursor,
        salt: partition.salt,
        pageRows: policy.chunkRows,
      };
      let rows = parts.reduce((sum, part) => sum + part.rows, 0);
      let writer: PartWriter | undefined;
      try {
        for await (const page of readPages(sessions, range)) {
          attempt.signal.throwIfAborted();
          writer ??= await PartWriter.begin(source, ledger, key, policy, parts.length, epoch);
          await writer.add(page);
          rows += page.digest.rows;
          attempt.beat({ rows, parts: parts.length });
          if (writer.bytes >= policy.partBytes) {
            parts.push(await writer.finish());
            writer = undefined;
          }
        }
        if (writer) parts.push(await writer.finish());
      } catch (error) {
        await writer?.abort();
        throw error;
      }
      await ledger.session.transaction(async () => {
        await ledger.holdEpoch(key, epoch, 'exported');
        await ledger.setState(key, 'exported');
      });
      return { rows, parts: parts.length, archived: false };
    } finally {
      for (const session of sessions) session.close();
    }
  });
}

/** The first export fixes a table's time column, zone, prefix and layout; a config that says otherwise later is refused. */
async function fixTable(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  schema: TableSchema,
  oldest: Day,
): Promise<void> {
  const { prefix, layout } = source.config.store;
  const own = { source: source.config.source.name, timeColumn: policy.timeColumn, zone: policy.zone, prefix, layout };
  const record = await ledger.recordTable(schema.database, schema.table, {
    ...own,
    firstDay: policy.firstDay ?? oldest,
  });
  for (const [name, value] of Object.entries(own)) {
    const recorded = record[name as keyof typeof own];
    if (recorded !== value)
      throw new Stopped(
        `${schema.database}.${schema.table}: its archive was begun with ${name} "${recorded}", the config says "${value}"; put it back`,
      );
  }
}

type Opened = { done: ExportResult } | { done?: undefined; epoch: number; partition: Partition };

/** Reconciles the ledger with a manifest that stands in S3, then takes the partition's epoch forward. */
async function openPartition(
  source: Source,
  ledger: Ledger,
  key: PartitionKey,
  policy: TablePolicy,
  schema: TableSchema,
  window: Partition['window'],
): Promise<Opened> {
  const known = await ledger.readPartition(key);
  if (known && ['archived', 'purging', 'purged'].includes(known.state))
    return { done: { rows: known.rowsArchived, parts: 0, archived: true } };
  const place = manifestKey(source.place(policy), key.day);
  const standing = await source.store.head(place);
  if (standing) {
    const manifest = parseManifest((await source.store.read(place, standing.versionId)).toString('utf8'));
    const shown = `${key.database}.${key.table} ${key.day}`;
    if (!known || manifest.epoch > known.epoch || manifest.salt !== known.salt)
      throw new Stopped(
        `${shown}: the manifest in S3 is newer than the ledger (epoch ${manifest.epoch} against ${known?.epoch ?? 'none'}): the database has gone back in time, or the prefix belongs to another source`,
      );
    await ledger.session.transaction(async () => {
      await ledger.holdEpoch(key, known.epoch, 'archived');
      await ledger.setArchived(key, manifest.rows, standing.versionId ?? standing.etag);
    });
    return { done: { rows: manifest.rows, parts: manifest.parts.length, archived: true } };
  }
  await ledger.insertPartition(key, newSalt(), window, schema.fingerprint);
  return ledger.session.transaction(async (): Promise<Opened> => {
    const row = await ledger.lockPartition(key);
    if (!row) throw new Error(`ledger: the row of ${key.database}.${key.table} ${key.day} is gone`);
    const parts = await ledger.readParts(key);
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    const sameColumns = row.fingerprint === schema.fingerprint;
    if (sameColumns && (row.state === 'exported' || row.state === 'verified'))
      return { done: { rows, parts: parts.length, archived: false } };
    const epoch = await ledger.takeEpoch(key, row, 'exporting');
    if (!sameColumns) {
      // One object, one column list: a change within the day makes the day start over.
      for (const part of parts)
        for (const object of [part.object, part.chunkIndex]) await ledger.condemn(object.key, epoch);
      await ledger.restart(key, newSalt(), schema.fingerprint);
    }
    const partition = await ledger.holdEpoch(key, epoch);
    return { epoch, partition };
  });
}

/** One part under way: an object of CSV chunks, each a gzip member, and its chunk index. */
class PartWriter {
  #uncompressed = 0;
  #rows = 0;
  readonly #hash: Hash = createHash('sha256');
  readonly #chunks: Chunk[] = [];

  private constructor(
    readonly source: Source,
    readonly ledger: Ledger,
    readonly key: PartitionKey,
    readonly policy: TablePolicy,
    readonly part: number,
    readonly epoch: number,
    readonly upload: MultipartUpload,
  ) {}

  /** Creates the upload first and looks at the epoch after, so that whoever fences finds the upload. @throws Fenced */
  static async begin(
    source: Source,
    ledger: Ledger,
    key: PartitionKey,
    policy: TablePolicy,
    part: number,
    epoch: number,
  ): Promise<PartWriter> {
    const place = partKey(source.place(policy), key.day, part, epoch, policy.compression);
    const upload = await source.store.createUpload(
      place,
      policy.compression === 'gzip' ? 'application/gzip' : 'text/csv',
    );
    try {
      await ledger.session.transaction(() => ledger.holdEpoch(key, epoch));
    } catch (error) {
      await upload.abort();
      throw error;
    }
    return new PartWriter(source, ledger, key, policy, part, epoch, upload);
  }

  get bytes(): number {
    return this.upload.bytes;
  }

  async add(page: ProvedPage): Promise<void> {
    const member = this.policy.compression === 'gzip' ? await gzip(page.csv, { level: 1 }) : page.csv;
    this.#hash.update(page.csv);
    this.#chunks.push({
      offset: this.upload.bytes,
      bytes: member.length,
      uncompressedBytes: page.csv.length,
      cursor: [...page.cursor],
      rows: page.digest.rows,
      xor: page.digest.xor,
    });
    this.#uncompressed += page.csv.length;
    this.#rows += page.digest.rows;
    await this.upload.write(member);
  }

  /** Completes object and index, then writes the part into the ledger under the epoch. @throws Fenced, KeyExists */
  async finish(): Promise<ManifestPart> {
    const { source, key } = this;
    const object = await this.upload.complete();
    const index = await gzip(renderChunkIndex(this.#chunks));
    const indexPlace = chunkIndexKey(source.place(this.policy), key.day, this.part, this.epoch);
    const chunkIndex = await source.store.putNew(indexPlace, index, 'application/gzip');
    const part: ManifestPart = {
      part: this.part,
      pass: 1,
      object,
      chunkIndex,
      uncompressedBytes: this.#uncompressed,
      sha256: this.#hash.digest('hex'),
      rows: this.#rows,
      chunks: this.#chunks.length,
      endCursor: this.#chunks.at(-1)?.cursor ?? [],
    };
    await this.ledger.session.transaction(async () => {
      await this.ledger.holdEpoch(key, this.epoch);
      await this.ledger.recordPart(key, part);
    });
    return part;
  }

  abort(): Promise<void> {
    return this.upload.abort();
  }
}
