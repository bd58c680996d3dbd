/** A table's database and name, both spelled as MySQL spells them. */
export interface TableName {
  database: string;
  table: string;
}

/** The text isn't a table's name; the message says what to write. */
export class InvalidTableName extends Error {
  override readonly name = 'InvalidTableName';
}

const form = /^(?:`((?:[^`]|``)+)`|([^.`\s]+))\.(?:`((?:[^`]|``)+)`|([^.`\s]+))$/;

/**
 * Reads `db.table`; a part with a dot, a space or a backtick (doubled) is in backticks.
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

/** `db.table` as `parseTableName` reads it. */
export function formatTableName({ database, table }: TableName): string {
  return `${quote(database)}.${quote(table)}`;
}

function unquote(part: string | undefined): string | undefined {
  return part?.replaceAll('``', '`');
}

function quote(part: string): string {
  return /[.`\s]/.test(part) ? `\`${part.replaceAll('`', '``')}\`` : part;
}

/** `db.table` as one word of a shell command that a person copies. */
export function tableArgument(name: TableName): string {
  return shellWord(formatTableName(name));
}

/** A text as one word of a shell command: in quotes if it has a character that a shell interprets. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{N}_.,:@%+=-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
