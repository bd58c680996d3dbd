/** A table by its database and its own name, both as MySQL knows them. */
export interface TableName {
  database: string;
  table: string;
}

/** The text names no table; the message says how one is written. */
export class InvalidTableName extends Error {
  override readonly name = 'InvalidTableName';
}

const form = /^(?:`((?:[^`]|``)+)`|([^.`\s]+))\.(?:`((?:[^`]|``)+)`|([^.`\s]+))$/;

/**
 * Reads `db.table`; a part that holds a dot, a space or a backtick (doubled) stands in backticks.
 *
 * @example parseTableName('shop.`orders.2026`') // { database: 'shop', table: 'orders.2026' }
 * @throws InvalidTableName
 */
export function parseTableName(text: string): TableName {
  const [, quotedDatabase, database, quotedTable, table] = form.exec(text) ?? [];
  const name = { database: unquote(quotedDatabase) ?? database, table: unquote(quotedTable) ?? table };
  if (name.database && name.table) return { database: name.database, table: name.table };
  throw new InvalidTableName(`"${text}" names no table. Write db.table, a part that holds a dot in backticks.`);
}

/** The text that `parseTableName` reads back. */
export function formatTableName({ database, table }: TableName): string {
  return `${quote(database)}.${quote(table)}`;
}

function unquote(part: string | undefined): string | undefined {
  return part?.replaceAll('``', '`');
}

function quote(part: string): string {
  return /[.`\s]/.test(part) ? `\`${part.replaceAll('`', '``')}\`` : part;
}

/** The same as a word of a command that is to be copied. */
export function tableArgument(name: TableName): string {
  return shellWord(formatTableName(name));
}

/** In quotes where it holds a backtick or another sign that a shell would read. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{N}_.,:@%+=-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
