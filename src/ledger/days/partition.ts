import type { Cursor } from '../../archive/chunk.ts';
import { type Digest, emptyDigest } from '../../archive/digest.ts';
import type { ManifestPart } from '../../archive/manifest.ts';
import type { Day } from '../../model/day.ts';
import { type PartitionState, parseState } from '../../model/partitionState.ts';
import { formatTableName } from '../../model/tableName.ts';

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
  /** The manifest's revision; 0 before the first. */
  revision: number;
  manifestVersion: string | null;
  rowsAdded: number;
  rowsChanged: number;
  rowsRemoved: number;
  /** Consecutive heals with the cursor at the same place. */
  healsHere: number;
  healCursor: Cursor | null;
  /** Seconds since the last heal, by MySQL's clock; null before the first. */
  healedSecondsAgo: number | null;
  /** Rows that stay in the table because the archive has their key with other values; and their digest. */
  leftRows: number;
  leftXor: string | null;
  stopped: string | null;
  /** What exported the day; undefined before its export has ended, and of days that earlier releases exported. */
  engine: 'stream' | 'aurora' | undefined;
}

/** A manifest that was written over the one before. */
export interface Revision {
  number: number;
  manifestVersion: string;
  rows: number;
  pass: number;
  parts: readonly ManifestPart[];
  superseded: readonly { key: string; versionId?: string | undefined }[];
  heal: { added: number; changed: number; removed: number };
}

/** Another attempt has taken the partition's epoch forward. This one is over and may write nothing more: expected and harmless. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
  constructor(key: PartitionKey, epoch: number, found: string, options?: ErrorOptions) {
    super(
      `${formatTableName(key)} ${key.day}: epoch ${epoch} was overtaken (${found}); another attempt goes on`,
      options,
    );
  }
}

/** The digest of a day's rows that stay in the table. */
export function leftDigest(row: Partition): Digest {
  return { rows: row.leftRows, xor: row.leftXor ?? emptyDigest.xor };
}

/** A day without a write for so long is quiet, and its heals are counted from 0 again. Below 24, so that the next daily run finds it quiet. */
export const quietHours = 12;

/** The number of consecutive heals with the cursor at its present place; 0 once the day has been quiet. */
export function healsHere(row: Pick<Partition, 'cursor' | 'healCursor' | 'healsHere' | 'healedSecondsAgo'>): number {
  if (row.healedSecondsAgo !== null && row.healedSecondsAgo >= quietHours * 3600) return 0;
  return JSON.stringify(row.healCursor) === JSON.stringify(row.cursor) ? row.healsHere : 0;
}

/** A row of the table `partitions`, as MySQL gives it. @throws UnknownState */
export function readRow(row: Record<string, string | null>): Partition {
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
    engine: row.engine === 'aurora' || row.engine === 'stream' ? row.engine : undefined,
  };
}

/** A LONGBLOB arrives as bytes. */
function cursorOf(bytes: string | null | undefined): Cursor | null {
  return bytes === null || bytes === undefined ? null : (JSON.parse(String(bytes)) as Cursor | null);
}
