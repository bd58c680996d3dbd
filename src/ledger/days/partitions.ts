import type { Cursor } from '../../archive/chunk.ts';
import type { ManifestPart } from '../../archive/manifest.ts';
import { type Day, undatedDay } from '../../model/day.ts';
import { mayFollow, type PartitionState } from '../../model/partitionState.ts';
import { identifier } from '../../mysql/quote.ts';
import { type Session, type Statements, shortMillis } from '../../mysql/session/session.ts';
import { appendHistory } from '../history.ts';
import { Fenced, healsHere, type Partition, type PartitionKey, type Revision, readRow } from './partition.ts';

/** A part's row is below 2 KB: far less than any max_allowed_packet. */
const rowsAStatement = 200;
const where = 'database_name = ? AND table_name = ? AND day = ?';
const columns = '*, TIMESTAMPDIFF(SECOND, healed_at, CURRENT_TIMESTAMP(6)) AS healed_seconds_ago';

/** The rows of partitions and of their parts. */
export class LedgerPartitions {
  protected readonly schema: string;
  /** Statements over a few rows; none may take longer than its deadline. */
  protected readonly own: Statements;

  constructor(
    readonly session: Session,
    readonly name: string,
  ) {
    this.schema = identifier(name);
    this.own = session.within(shortMillis);
  }

  async readPartition(key: PartitionKey): Promise<Partition | undefined> {
    const rows = await this.own.rows(`SELECT ${columns} FROM ${this.schema}.partitions WHERE ${where}`, values(key));
    return rows[0] && readRow(rows[0]);
  }

  /** Under the row's lock, in the caller's transaction. */
  async lockPartition(key: PartitionKey): Promise<Partition | undefined> {
    const rows = await this.own.rows(
      `SELECT ${columns} FROM ${this.schema}.partitions WHERE ${where} FOR UPDATE`,
      values(key),
    );
    return rows[0] && readRow(rows[0]);
  }

  /** Locks the row and checks that the attempt's epoch is current and that the next state may follow. @throws Fenced */
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
    await this.own.execute(
      `INSERT INTO ${this.schema}.partitions
         (database_name, table_name, day, state, salt, window_start, window_end, fingerprint)
       VALUES (?, ?, ?, 'exporting', ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE day = day`,
      [...values(key), salt, window.start, window.end, fingerprint],
    );
  }

  /** Takes the epoch forward, which shuts out every other attempt; in the caller's transaction, under the lock. */
  async takeEpoch(key: PartitionKey, held: Partition, state: PartitionState): Promise<number> {
    if (!mayFollow(held.state, state)) throw new Fenced(key, held.epoch, `state ${held.state}`);
    await this.own.execute(
      `UPDATE ${this.schema}.partitions SET epoch = epoch + 1, state = ?, stopped = NULL, stop_command = NULL WHERE ${where}`,
      [state, ...values(key)],
    );
    return held.epoch + 1;
  }

  async restart(key: PartitionKey, salt: string, fingerprint: string): Promise<void> {
    await this.own.execute(`UPDATE ${this.schema}.partitions SET salt = ?, fingerprint = ? WHERE ${where}`, [
      salt,
      fingerprint,
      ...values(key),
    ]);
    await this.own.execute(`DELETE FROM ${this.schema}.parts WHERE ${where}`, values(key));
  }

  /** In the caller's transaction, under the epoch. */
  async setPurged(key: PartitionKey, held: Partition): Promise<void> {
    await this.setState(key, 'purged');
    const { rowsDeleted, proofs, leftRows, pass } = held;
    const detail = { rowsDeleted, proofs, leftRows, pass };
    await appendHistory(this, { event: 'purged', table: key, day: key.day, detail });
  }

  /** All rows of the day are in the parts; in the caller's transaction, under the epoch. */
  async setExported(key: PartitionKey, engine: NonNullable<Partition['engine']>): Promise<void> {
    await this.own.execute(`UPDATE ${this.schema}.partitions SET state = 'exported', engine = ? WHERE ${where}`, [
      engine,
      ...values(key),
    ]);
  }

  async setState(key: PartitionKey, state: PartitionState): Promise<void> {
    await this.own.execute(`UPDATE ${this.schema}.partitions SET state = ? WHERE ${where}`, [state, ...values(key)]);
  }

  /**
   * Records why the day is stopped, and the command by which it goes on. An attempt that was overtaken may have seen
   * another's changes, so it records nothing.
   * @throws Fenced
   */
  async setStopped(key: PartitionKey, epoch: number, reason: string, command: string | null = null): Promise<void> {
    await this.session.transaction(async () => {
      await this.holdEpoch(key, epoch);
      await this.own.execute(`UPDATE ${this.schema}.partitions SET stopped = ?, stop_command = ? WHERE ${where}`, [
        reason,
        command,
        ...values(key),
      ]);
      await appendHistory(this, { event: 'stopped', table: key, day: key.day, detail: { reason, command } });
    });
  }

  async setArchived(key: PartitionKey, rows: number, manifest: { key: string; version: string }): Promise<void> {
    await this.own.execute(
      `UPDATE ${this.schema}.partitions SET state = 'archived', rows_archived = ?, revision = 1, manifest_key = ?, manifest_version = ? WHERE ${where}`,
      [rows, manifest.key, manifest.version, ...values(key)],
    );
    await appendHistory(this, { event: 'archived', table: key, day: key.day, detail: { rows, manifest } });
  }

  async setManifestVersion(key: PartitionKey, version: string): Promise<void> {
    await this.own.execute(`UPDATE ${this.schema}.partitions SET manifest_version = ? WHERE ${where}`, [
      version,
      ...values(key),
    ]);
  }

  /**
   * Records a manifest that a heal or a further pass has written; in the caller's transaction, under the epoch.
   * @param heals how many heals at one place it counts as
   */
  async setRevision(key: PartitionKey, held: Partition, revision: Revision, heals = 1): Promise<void> {
    const { parts, heal, pass } = revision;
    await this.replaceParts(key, parts, revision.superseded);
    await this.own.execute(
      `UPDATE ${this.schema}.partitions SET revision = ?, manifest_version = ?, rows_archived = ?, pass = ?, cursor_json = IF(pass = ?, cursor_json, NULL),
         rows_added = rows_added + ?, rows_changed = rows_changed + ?, rows_removed = rows_removed + ?,
         heals_here = ?, heal_cursor = ?, healed_at = CURRENT_TIMESTAMP(6), stopped = NULL, stop_command = NULL WHERE ${where}`,
      [
        revision.number,
        revision.manifestVersion,
        revision.rows,
        pass,
        held.pass,
        heal.added,
        heal.changed,
        heal.removed,
        healsHere(held) + heals,
        JSON.stringify(held.cursor),
        ...values(key),
      ],
    );
    const { number, rows, manifestVersion } = revision;
    const detail = { revision: number, ...heal, rows, pass, manifestVersion };
    await appendHistory(this, { event: 'healed', table: key, day: key.day, detail });
  }

  /** In the caller's transaction, under the epoch. */
  async setCursor(key: PartitionKey, cursor: Cursor): Promise<void> {
    await this.own.execute(`UPDATE ${this.schema}.partitions SET cursor_json = ? WHERE ${where}`, [
      JSON.stringify(cursor),
      ...values(key),
    ]);
  }

  async setLeft(key: PartitionKey, left: { rows: number; xor: string }): Promise<void> {
    await this.own.execute(`UPDATE ${this.schema}.partitions SET left_rows = ?, left_xor = ? WHERE ${where}`, [
      left.rows,
      left.xor,
      ...values(key),
    ]);
  }

  /** Sets the count of heals at one cursor back to 0, because a person has looked at them. @throws Fenced */
  async forgetHeals(key: PartitionKey, epoch: number): Promise<void> {
    await this.session.transaction(async () => {
      await this.holdEpoch(key, epoch);
      await this.own.execute(`UPDATE ${this.schema}.partitions SET heals_here = 0 WHERE ${where}`, values(key));
    });
  }

  async recordPart(key: PartitionKey, part: ManifestPart): Promise<void> {
    await this.#recordParts(key, [part]);
  }

  async #recordParts(key: PartitionKey, parts: readonly ManifestPart[]): Promise<void> {
    const rows = parts.map((part) => [...values(key), part.part, JSON.stringify(part)]);
    await this.own.execute(
      `INSERT INTO ${this.schema}.parts (database_name, table_name, day, part, body) VALUES ${rows.map(() => '(?, ?, ?, ?, ?)').join(', ')}`,
      rows.flat(),
    );
  }

  /** Replaces all of a partition's parts; in the caller's transaction, under the epoch. */
  async replaceParts(
    key: PartitionKey,
    parts: readonly ManifestPart[],
    superseded: readonly { key: string; versionId?: string | undefined }[],
  ): Promise<void> {
    await this.own.execute(`DELETE FROM ${this.schema}.parts WHERE ${where}`, values(key));
    for (let at = 0; at < parts.length; at += rowsAStatement)
      await this.#recordParts(key, parts.slice(at, at + rowsAStatement));
    for (const object of superseded)
      await this.own.execute(
        `INSERT INTO ${this.schema}.superseded (object_key, version_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE object_key = object_key`,
        [object.key, object.versionId ?? null],
      );
  }

  /** Removes the parts from one number on, which are to be written again. */
  async forgetParts(key: PartitionKey, from: number): Promise<void> {
    await this.own.execute(`DELETE FROM ${this.schema}.parts WHERE ${where} AND part >= ?`, [...values(key), from]);
  }

  async readParts(key: PartitionKey): Promise<ManifestPart[]> {
    const rows = await this.own.rows(`SELECT body FROM ${this.schema}.parts WHERE ${where} ORDER BY part`, values(key));
    return rows.map((row) => JSON.parse(String(row.body), withoutNullVersion) as ManifestPart);
  }

  /** All days of a table that the ledger knows, oldest first, without the partition of rows that have no day. */
  async days(database: string, table: string): Promise<({ day: Day } & Partition)[]> {
    const rows = await this.own.rows(
      `SELECT ${columns} FROM ${this.schema}.partitions WHERE database_name = ? AND table_name = ? AND day <> ? ORDER BY day`,
      [database, table, undatedDay],
    );
    return rows.map((row) => ({ day: String(row.day) as Day, ...readRow(row) }));
  }
}

/** An earlier release recorded `null`, the version of a suspended versioning, as a version (pitfall P85). */
function withoutNullVersion(name: string, value: unknown): unknown {
  return name === 'versionId' && value === 'null' ? undefined : value;
}

function values(key: PartitionKey): string[] {
  return [key.database, key.table, key.day];
}
