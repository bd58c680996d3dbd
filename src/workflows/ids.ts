import { parseTableName } from '../model/tableName.ts';

/** The part of an id that names a table. Segments are percent-encoded, so that no two tables get the same. */
function tablePath(source: string, table: string): string {
  const name = parseTableName(table);
  return [source, name.database, name.table].map(encodeURIComponent).join('/');
}

/** One at a time per table and day: a second start finds the first. `table` is `db.table`, dotted parts in backticks. */
export function archiveId(source: string, table: string, day: string): string {
  return `archive/${tablePath(source, table)}/${day}`;
}

/** One purge at a time per table. */
export function purgeId(source: string, table: string): string {
  return `purge/${tablePath(source, table)}`;
}

/** One heal at a time per table and day. A second request joins it. */
export function healId(source: string, table: string, day: string): string {
  return `heal/${tablePath(source, table)}/${day}`;
}

/** One restore at a time per target. A second request joins it. */
export function restoreId(source: string, table: string, target: string): string {
  const name = parseTableName(target);
  return `restore/${tablePath(source, table)}/${encodeURIComponent(name.database)}/${encodeURIComponent(name.table)}`;
}

/** One audit at a time per source, or per table. Ids of scheduled runs end in their time. */
export function auditId(source: string, table?: string): string {
  return `audit/${table === undefined ? encodeURIComponent(source) : tablePath(source, table)}`;
}

/** One drill at a time per source, or per table. Ids of scheduled runs end in their time. */
export function drillId(source: string, table?: string): string {
  return `drill/${table === undefined ? encodeURIComponent(source) : tablePath(source, table)}`;
}

/** One verification at a time per table and day. */
export function verifyId(source: string, table: string, day: string): string {
  return `verify/${tablePath(source, table)}/${day}`;
}

/** A daily run that a person starts. Ids of scheduled runs end in their time. */
export function dailyId(source: string, day: string): string {
  return `daily/${encodeURIComponent(source)}/${day}`;
}

/** One backfill at a time per range and choice of tables. A second request joins it. Temporal's ids are below 1,000 bytes. */
export function backfillId(source: string, from: string, to: string, tables: readonly string[] | undefined): string {
  const names = tables ? [...new Set(tables)].sort().map(encodeURIComponent).join(',') : 'all';
  const chosen = names.length <= 300 ? names : `${tables?.length}-tables-${fingerprint(names)}`;
  return `backfill/${encodeURIComponent(source)}/${from}..${to}/${chosen}`;
}

/** FNV-1a, 64 bits: enough to keep the ids of different lists apart. */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const letter of text) hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0) ?? 0)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

export function scheduleId(source: string): string {
  return `sediment-daily/${encodeURIComponent(source)}`;
}

export function auditScheduleId(source: string): string {
  return `sediment-audit/${encodeURIComponent(source)}`;
}

export function drillScheduleId(source: string): string {
  return `sediment-drill/${encodeURIComponent(source)}`;
}
