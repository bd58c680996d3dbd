export {
  Fenced,
  healsHere,
  leftDigest,
  type Partition,
  type PartitionKey,
  quietHours,
  type Revision,
} from './days/partition.ts';
export type { Hold } from './holds.ts';

import type { TableName } from '../model/tableName.ts';
import type { PartitionKey } from './days/partition.ts';
import { appendHistory } from './history.ts';
import { LedgerHolds, tableOf } from './holds.ts';
import { migrate } from './migrations/migrate.ts';

/** Object keys of up to 1,024 bytes in one statement. */
const keysAtOnce = 500;

/** What a table's first export fixed for good. */
export interface TableRecord {
  source: string;
  timeColumn: string;
  /** The column's `TimeColumnKind`; undefined if an earlier release recorded the table. */
  timeKind: string | undefined;
  zone: string;
  prefix: string;
  layout: string;
  firstDay: string;
  /** Rows outside every day, as counted when a day was last committed. */
  undatedRows: number;
}

/** The ledger: small tables in a schema of Sediment's own, on the server whose rows it accounts for. */
export class Ledger extends LedgerHolds {
  /** Brings the ledger's tables up to date; safe to repeat and to run twice at once. */
  async migrate(): Promise<void> {
    await migrate(this.session, this.name);
  }

  /** Replaced objects below a prefix that haven't been moved yet. */
  async superseded(prefix: string): Promise<{ key: string; versionId: string | undefined }[]> {
    const rows = await this.own.rows(
      `SELECT object_key, version_id FROM ${this.schema}.superseded WHERE moved_at IS NULL AND object_key >= ? AND object_key < CONCAT(?, x'FF')`,
      [prefix, prefix],
    );
    return rows.map((row) => ({ key: String(row.object_key), versionId: versionIdOf(row.version_id) }));
  }

  async setMoved(objectKey: string): Promise<void> {
    await this.own.execute(`UPDATE ${this.schema}.superseded SET moved_at = UTC_TIMESTAMP(6) WHERE object_key = ?`, [
      objectKey,
    ]);
  }

  /** The accepted servers. */
  async servers(): Promise<string[]> {
    const rows = await this.own.rows(`SELECT server_id FROM ${this.schema}.servers`);
    return rows.map((row) => String(row.server_id));
  }

  /** Safe to repeat; the first owner and reason are kept. */
  async acceptServer(serverId: string, owner: string, reason: string): Promise<void> {
    await this.session.transaction(async () => {
      const known = await this.servers();
      await this.own.execute(
        `INSERT INTO ${this.schema}.servers (server_id, owner, reason) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE server_id = server_id`,
        [serverId, owner, reason],
      );
      if (known.includes(serverId)) return;
      await appendHistory(this, {
        event: 'accepted',
        who: owner,
        detail: { kind: 'server', server: serverId, reason },
      });
    });
  }

  /** Records who accepted what, and why; `scope` is `db.table` or `*`. */
  async recordAccepted(kind: string, scope: string, owner: string, reason: string): Promise<void> {
    await this.session.transaction(async () => {
      await this.own.execute(`INSERT INTO ${this.schema}.accepted (kind, scope, owner, reason) VALUES (?, ?, ?, ?)`, [
        kind,
        scope,
        owner,
        reason,
      ]);
      await appendHistory(this, { event: 'accepted', table: tableOf(scope), who: owner, detail: { kind, reason } });
    });
  }

  /** The purge's pace, as the last slice left it. */
  async readPace(table: Pick<PartitionKey, 'database' | 'table'>): Promise<string | null> {
    const [row] = await this.own.rows(
      `SELECT servo FROM ${this.schema}.tables WHERE database_name = ? AND table_name = ?`,
      [table.database, table.table],
    );
    return row?.servo ?? null;
  }

  async setPace(table: Pick<PartitionKey, 'database' | 'table'>, pace: string): Promise<void> {
    await this.own.execute(`UPDATE ${this.schema}.tables SET servo = ? WHERE database_name = ? AND table_name = ?`, [
      pace,
      table.database,
      table.table,
    ]);
  }

  /** Rows of a table that were deleted in this UTC day, by the server's clock. */
  async deletedToday(table: Pick<PartitionKey, 'database' | 'table'>): Promise<number> {
    const [row] = await this.own.rows(
      `SELECT IFNULL(SUM(deleted), 0) AS today FROM ${this.schema}.deletions WHERE database_name = ? AND table_name = ? AND utc_day = UTC_DATE()`,
      [table.database, table.table],
    );
    return Number(row?.today);
  }

  async setUndated(table: Pick<PartitionKey, 'database' | 'table'>, rows: number): Promise<void> {
    await this.own.execute(
      `UPDATE ${this.schema}.tables SET undated_rows = ? WHERE database_name = ? AND table_name = ?`,
      [rows, table.database, table.table],
    );
  }

  /** Marks an object for removal. */
  async condemn(objectKey: string, epoch: number): Promise<void> {
    await this.own.execute(
      `INSERT INTO ${this.schema}.condemned (object_key, epoch) VALUES (?, ?) ON DUPLICATE KEY UPDATE object_key = object_key`,
      [objectKey, epoch],
    );
  }

  /** Those of some objects that are marked for removal. No other object is ever removed. */
  async condemnedAmong(objectKeys: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (let at = 0; at < objectKeys.length; at += keysAtOnce) {
      const rows = await this.own.rows(`SELECT object_key FROM ${this.schema}.condemned WHERE object_key IN (?)`, [
        objectKeys.slice(at, at + keysAtOnce),
      ]);
      found.push(...rows.map((row) => String(row.object_key)));
    }
    return found;
  }

  async recordTable(database: string, table: string, record: Omit<TableRecord, 'undatedRows'>): Promise<TableRecord> {
    const { source, timeColumn, timeKind, zone, prefix, layout, firstDay } = record;
    await this.own.execute(
      `INSERT INTO ${this.schema}.tables
         (database_name, table_name, source_name, time_column, time_kind, zone, prefix, layout, first_day)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE table_name = table_name`,
      [database, table, source, timeColumn, timeKind ?? null, zone, prefix, layout, firstDay],
    );
    return (await this.readTable(database, table)) ?? { ...record, undatedRows: 0 };
  }

  /** For a table that was recorded by a release that didn't know the kind. */
  async recordTimeKind(database: string, table: string, timeKind: string): Promise<void> {
    await this.own.execute(
      `UPDATE ${this.schema}.tables SET time_kind = ? WHERE database_name = ? AND table_name = ? AND time_kind IS NULL`,
      [timeKind, database, table],
    );
  }

  /** Moves it to an earlier day only. */
  async moveFirstDay(database: string, table: string, day: string): Promise<void> {
    await this.own.execute(
      `UPDATE ${this.schema}.tables SET first_day = LEAST(first_day, ?) WHERE database_name = ? AND table_name = ?`,
      [day, database, table],
    );
  }

  /** Tables of the ledger whose names differ from this one only in upper and lower case. */
  async spellingsOf({ database, table }: TableName): Promise<TableName[]> {
    const rows = await this.own.rows(
      `SELECT database_name, table_name FROM ${this.schema}.tables
       WHERE LOWER(database_name) = LOWER(?) AND LOWER(table_name) = LOWER(?)`,
      [database, table],
    );
    return rows
      .map((row) => ({ database: String(row.database_name), table: String(row.table_name) }))
      .filter((each) => each.database !== database || each.table !== table);
  }

  async readTable(database: string, table: string): Promise<TableRecord | undefined> {
    const [row] = await this.own.rows(
      `SELECT * FROM ${this.schema}.tables WHERE database_name = ? AND table_name = ?`,
      [database, table],
    );
    return (
      row && {
        source: String(row.source_name),
        timeColumn: String(row.time_column),
        timeKind: row.time_kind ?? undefined,
        zone: String(row.zone),
        prefix: String(row.prefix),
        layout: String(row.layout),
        firstDay: String(row.first_day),
        undatedRows: Number(row.undated_rows),
      }
    );
  }
}

/** An earlier release recorded `null`, the version of a suspended versioning, as a version (pitfall P85). */
function versionIdOf(recorded: string | null | undefined): string | undefined {
  return recorded === null || recorded === 'null' ? undefined : recorded;
}
