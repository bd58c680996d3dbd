import { parseTableName } from '../archive/tableName.ts';

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
