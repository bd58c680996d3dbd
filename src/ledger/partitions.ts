import type { Cursor } from '../archive/chunk.ts';
import { type Digest, emptyDigest } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { type Day, undatedDay } from '../model/day.ts';
import { mayFollow, type PartitionState, parseState } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session.ts';

export interface PartitionKey {
  database: string;
  table: string;
  day: Day;
}

/** A partition's row. */
export interface Partition {
  state: PartitionState;
  epoch: number;
  salt: string;
  window: { start: string; end: string };
  fingerprint: string;
  rowsArchived: number;
  rowsDeleted: number;
  proofs: number;
  /** The set of parts that the cursor runs over. */
  pass: number;
  cursor: Cursor | null;
  /** The manifest's; 0 before the first. */
  revision: number;
  manifestVersion: string | null;
  rowsAdded: number;
  rowsChanged: number;
  rowsRemoved: number;
  /** Heals one after the other with the cursor at one place. */
  healsHere: number;
  healCursor: Cursor | null;
  /** Seconds since the last heal, by MySQL's clock; null before the first. */
  healedSecondsAgo: number | null;
  /** Rows that stay in the table, for the archive has their key with other values; and their digest. */
  leftRows: number;
  leftXor: string | null;
  stopped: string | null;
}

/** A manifest written over the one before. */
export interface Revision {
  number: number;
  manifestVersion: string;
  rows: number;
  pass: number;
  parts: readonly ManifestPart[];
  superseded: readonly { key: string; versionId?: string | undefined }[];
  heal: { added: number; changed: number; removed: number };
}

/** Somebody else has taken the partition's epoch forward: this attempt is over and may write nothing more. Expected, and harmless. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
  constructor(key: PartitionKey, epoch: number, found: string, options?: ErrorOptions) {
    super(
      `${formatTableName(key)} ${key.day}: epoch ${epoch} was overtaken (${found}); another attempt goes on`,
      options,
    );
  }
}

const where = 'database_name = ? AND table_name = ? AND day = ?';
const columns = '*, TIMESTAMPDIFF(SECOND, healed_at, CURRENT_TIMESTAMP(6)) AS healed_seconds_ago';

/** The rows of partitions and of their parts. */
export class LedgerPartitions {
  protected readonly schema: string;

  constructor(
    readonly session: Session,
    readonly name: string,
  ) {
    this.schema = identifier(name);
  }

  async readPartition(key: PartitionKey): Promise<Partition | undefined> {
    const rows = await this.session.rows(
      `SELECT ${columns} FROM ${this.schema}.partitions WHERE ${where}`,
      values(key),
    );
    return rows[0] && partition(rows[0]);
  }

  /** Under the row's lock, in the caller's transaction. */
  async lockPartition(key: PartitionKey): Promise<Partition | undefined> {
    const rows = await this.session.rows(
      `SELECT ${columns} FROM ${this.schema}.partitions WHERE ${where} FOR UPDATE`,
      values(key),
    );
    return rows[0] && partition(rows[0]);
  }

  /** Locks the row and holds it against the attempt's epoch and the table of transitions. @throws Fenced */
  async holdEpoch(key: PartitionKey, epoch: number, next?: PartitionState): Promise<Partition> {
    const row = await this.lockPartition(key);
    if (!row || row.epoch !== epoch) throw new Fenced(key, epoch, row ? `epoch ${row.epoch}` : 'no ledger row');
    if (next && !mayFollow(row.state, next)) throw new Fenced(key, epoch, `state ${row.state}`);
    return row;
  }

  async insertPartition(
    key: PartitionKey,
    salt: string,
    window: Partition['window'],
    fingerprint: string,
  ): Promise<void> {
    await this.session.execute(
      `INSERT INTO ${this.schema}.partitions (database_name, table_name, day, state, salt, window_start, window_end, fingerprint) VALUES (?, ?, ?, 'exporting', ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE day = day`,
      [...values(key), salt, window.start, window.end, fingerprint],
    );
  }

  /** Takes the epoch forward and so shuts out every other attempt; in the caller's transaction, under the lock. */
  async takeEpoch(key: PartitionKey, held: Partition, state: PartitionState): Promise<number> {
    if (!mayFollow(held.state, state)) throw new Fenced(key, held.epoch, `state ${held.state}`);
    await this.session.execute(
      `UPDATE ${this.schema}.partitions SET epoch = epoch + 1, state = ?, stopped = NULL WHERE ${where}`,
      [state, ...values(key)],
    );
    return held.epoch + 1;
  }

  async restart(key: PartitionKey, salt: string, fingerprint: string): Promise<void> {
    await this.session.execute(`UPDATE ${this.schema}.partitions SET salt = ?, fingerprint = ? WHERE ${where}`, [
      salt,
      fingerprint,
      ...values(key),
    ]);
    await this.session.execute(`DELETE FROM ${this.schema}.parts WHERE ${where}`, values(key));
  }

  async setState(key: PartitionKey, state: PartitionState): Promise<void> {
    await this.session.execute(`UPDATE ${this.schema}.partitions SET state = ? WHERE ${where}`, [
      state,
      ...values(key),
    ]);
  }

  /** Keeps why the day stands. An attempt that was overtaken has seen what another changed, and has nothing to say. @throws Fenced */
  async setStopped(key: PartitionKey, epoch: number, reason: string): Promise<void> {
    await this.session.transaction(async () => {
      await this.holdEpoch(key, epoch);
      await this.session.execute(`UPDATE ${this.schema}.partitions SET stopped = ? WHERE ${where}`, [
        reason,
        ...values(key),
      ]);
    });
  }

  async setArchived(key: PartitionKey, rows: number, manifest: { key: string; version: string }): Promise<void> {
    await this.session.execute(
      `UPDATE ${this.schema}.partitions SET state = 'archived', rows_archived = ?, revision = 1, manifest_key = ?, manifest_version = ? WHERE ${where}`,
      [rows, manifest.key, manifest.version, ...values(key)],
    );
  }

  async setManifestVersion(key: PartitionKey, version: string): Promise<void> {
    await this.session.execute(`UPDATE ${this.schema}.partitions SET manifest_version = ? WHERE ${where}`, [
      version,
      ...values(key),
    ]);
  }

  /** Brings the ledger to a manifest that a heal or a further pass has written; in the caller's transaction, under the epoch. */
  async setRevision(key: PartitionKey, held: Partition, revision: Revision): Promise<void> {
    const { parts, heal, pass } = revision;
    await this.replaceParts(key, parts, revision.superseded);
    await this.session.execute(
      `UPDATE ${this.schema}.partitions SET revision = ?, manifest_version = ?, rows_archived = ?, pass = ?, cursor_json = IF(pass = ?, cursor_json, NULL),
         rows_added = rows_added + ?, rows_changed = rows_changed + ?, rows_removed = rows_removed + ?,
         heals_here = ?, heal_cursor = ?, healed_at = CURRENT_TIMESTAMP(6), stopped = NULL WHERE ${where}`,
      [
        ...[revision.number, revision.manifestVersion, revision.rows, pass, held.pass],
        ...[heal.added, heal.changed, heal.removed],
        ...[healsHere(held) + 1, JSON.stringify(held.cursor), ...values(key)],
      ],
    );
  }

  async setLeft(key: PartitionKey, left: { rows: number; xor: string }): Promise<void> {
    await this.session.execute(`UPDATE ${this.schema}.partitions SET left_rows = ?, left_xor = ? WHERE ${where}`, [
      left.rows,
      left.xor,
      ...values(key),
    ]);
  }

  /** Heals at one place count from here on: a person has looked. @throws Fenced */
  async forgetHeals(key: PartitionKey, epoch: number): Promise<void> {
    await this.session.transaction(async () => {
      await this.holdEpoch(key, epoch);
      await this.session.execute(`UPDATE ${this.schema}.partitions SET heals_here = 0 WHERE ${where}`, values(key));
    });
  }

  async recordPart(key: PartitionKey, part: ManifestPart): Promise<void> {
    await this.session.execute(
      `INSERT INTO ${this.schema}.parts (database_name, table_name, day, part, body) VALUES (?, ?, ?, ?, ?)`,
      [...values(key), part.part, JSON.stringify(part)],
    );
  }

  /** Takes over parts that replace all of a partition's; in the caller's transaction, under the epoch. */
  async replaceParts(
    key: PartitionKey,
    parts: readonly ManifestPart[],
    superseded: readonly { key: string; versionId?: string | undefined }[],
  ): Promise<void> {
    await this.session.execute(`DELETE FROM ${this.schema}.parts WHERE ${where}`, values(key));
    for (const part of parts) await this.recordPart(key, part);
    for (const object of superseded)
      await this.session.execute(
        `INSERT INTO ${this.schema}.superseded (object_key, version_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE object_key = object_key`,
        [object.key, object.versionId ?? null],
      );
  }

  /** Parts from one number on are to be written again. */
  async forgetParts(key: PartitionKey, from: number): Promise<void> {
    await this.session.execute(`DELETE FROM ${this.schema}.parts WHERE ${where} AND part >= ?`, [...values(key), from]);
  }

  async readParts(key: PartitionKey): Promise<ManifestPart[]> {
    const rows = await this.session.rows(
      `SELECT body FROM ${this.schema}.parts WHERE ${where} ORDER BY part`,
      values(key),
    );
    return rows.map((row) => JSON.parse(String(row.body), withoutNullVersion) as ManifestPart);
  }

  /** All days of a table that the ledger knows, oldest first; rows without a day are none of them. */
  async days(database: string, table: string): Promise<({ day: Day } & Partition)[]> {
    const rows = await this.session.rows(
      `SELECT ${columns} FROM ${this.schema}.partitions WHERE database_name = ? AND table_name = ? AND day <> ? ORDER BY day`,
      [database, table, undatedDay],
    );
    return rows.map((row) => ({ day: String(row.day) as Day, ...partition(row) }));
  }
}

/** What stays in the table of a day, as its digest. */
export function leftDigest(row: Partition): Digest {
  return { rows: row.leftRows, xor: row.leftXor ?? emptyDigest.xor };
}

/** A day that nobody has written to for so long counts as quiet: its heals count anew. Below a day, so that the next daily run finds it so. */
export const quietHours = 12;

/** How many heals there were, one after the other, with the cursor where it stands now; none once the day has been quiet. */
export function healsHere(row: Pick<Partition, 'cursor' | 'healCursor' | 'healsHere' | 'healedSecondsAgo'>): number {
  if (row.healedSecondsAgo !== null && row.healedSecondsAgo >= quietHours * 3600) return 0;
  return JSON.stringify(row.healCursor) === JSON.stringify(row.cursor) ? row.healsHere : 0;
}

/** A time when a suspended versioning's `null` was taken for a version may have written it (pitfall P85). */
function withoutNullVersion(name: string, value: unknown): unknown {
  return name === 'versionId' && value === 'null' ? undefined : value;
}

function values(key: PartitionKey): string[] {
  return [key.database, key.table, key.day];
}

function partition(row: Record<string, string | null>): Partition {
  return {
    state: parseState(String(row.state), `${row.database_name}.${row.table_name} ${row.day}`),
    epoch: Number(row.epoch),
    salt: String(row.salt),
    window: { start: String(row.window_start), end: String(row.window_end) },
    fingerprint: String(row.fingerprint),
    rowsArchived: Number(row.rows_archived),
    rowsDeleted: Number(row.rows_deleted),
    proofs: Number(row.proofs),
    pass: Number(row.pass),
    cursor: cursorOf(row.cursor_json),
    revision: Number(row.revision),
    rowsAdded: Number(row.rows_added),
    rowsChanged: Number(row.rows_changed),
    rowsRemoved: Number(row.rows_removed),
    healsHere: Number(row.heals_here),
    healCursor: cursorOf(row.heal_cursor),
    healedSecondsAgo: row.healed_seconds_ago === null ? null : Number(row.healed_seconds_ago),
    leftRows: Number(row.left_rows),
    leftXor: row.left_xor ?? null,
    manifestVersion: row.manifest_version ?? null,
    stopped: row.stopped ?? null,
  };
}

/** A LONGBLOB arrives as bytes. */
function cursorOf(bytes: string | null | undefined): Cursor | null {
  return bytes === null || bytes === undefined ? null : (JSON.parse(String(bytes)) as Cursor | null);
}
