/** A table's place in an id, each segment percent-encoded: two sources, or a slash in a name, never meet. */
function place(source: string, table: string): string {
  return [source, ...table.split('.')].map(encodeURIComponent).join('/');
}

/** One run a table's day: a second start finds the first. */
export function archiveId(source: string, table: string, day: string): string {
  return `archive/${place(source, table)}/${day}`;
}

/** One purge a table, ever. */
export function purgeId(source: string, table: string): string {
  return `purge/${place(source, table)}`;
}
