import { escape as escapeLiteral } from 'mysql2';

/** An identifier in backticks. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function qualified(database: string, table: string): string {
  return `${identifier(database)}.${identifier(table)}`;
}

/** A string literal for the pinned sql_mode, in which a backslash escapes. */
export function literal(text: string): string {
  return escapeLiteral(text);
}
