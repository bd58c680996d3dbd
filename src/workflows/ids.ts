import { parseTableName } from '../model/tableName.ts';

/** A table's place in an id, each segment percent-encoded: two sources, or a dot or slash in a name, never meet. */
function place(source: string, table: string): string {
  const name = parseTableName(table);
  return [source, name.database, name.table].map(encodeURIComponent).join('/');
}

/** One run a table's day: a second start finds the first. `table` is `db.table`, dotted parts in backticks. */
export function archiveId(source: string, table: string, day: string): string {
  return `archive/${place(source, table)}/${day}`;
}

/** One purge a table, ever. */
export function purgeId(source: string, table: string): string {
  return `purge/${place(source, table)}`;
}

/** One heal a table's day: who asks for the same joins it. */
export function healId(source: string, table: string, day: string): string {
  return `heal/${place(source, table)}/${day}`;
}

/** One audit a source, or a table, at a time; the schedule's own end in their time. */
export function auditId(source: string, table?: string): string {
  return `audit/${table === undefined ? encodeURIComponent(source) : place(source, table)}`;
}

/** One verification of a table's day at a time. */
export function verifyId(source: string, table: string, day: string): string {
  return `verify/${place(source, table)}/${day}`;
}

/** A daily run that a person starts; the schedule's own end in its time. */
export function dailyId(source: string, day: string): string {
  return `daily/${encodeURIComponent(source)}/${day}`;
}

/** One backfill a range and choice of tables: who asks for the same joins it. Ids are shorter than 1,000 bytes. */
export function backfillId(source: string, from: string, to: string, tables: readonly string[] | undefined): string {
  const names = tables ? [...new Set(tables)].sort().map(encodeURIComponent).join(',') : 'all';
  const chosen = names.length <= 300 ? names : `${tables?.length}-tables-${fingerprint(names)}`;
  return `backfill/${encodeURIComponent(source)}/${from}..${to}/${chosen}`;
}

/** FNV-1a, 64 bits: tells lists of names apart, no more is asked of it. */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const letter of text) hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0) ?? 0)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
