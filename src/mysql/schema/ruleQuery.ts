import { literal } from '../quote.ts';
import type { Flavor } from '../session/session.ts';
import { innodbForeignKeys, refersToAny } from './foreignKeys.ts';
import type { CatalogueNames } from './tableSchema.ts';

/**
 * A SHA-256 over everything that a delete of the table's rows may set off, as SQL: its engine, its delete triggers, the
 * foreign keys with an action on it and on the tables that these change rows of, and on MySQL by which grants the user
 * sees its triggers. The slice reads it before it checks all of these, and the purge procedure again under the table's
 * metadata lock. If one was created in between, the outcome is `schema` and no row is deleted.
 */
export function ruleQuery(flavor: Flavor, { catalogue, innodb, children }: CatalogueNames): string {
  const database = literal(catalogue.database);
  const name = literal(catalogue.table);
  const acting = `TYPE & 15 > 0 AND ${refersToAny(flavor, [innodb, ...children])}`;
  // Names in hex, because as text their charsets and collations don't mix.
  const trigger = "CONCAT_WS('-', HEX(TRIGGER_NAME), ACTION_TIMING, SHA2(ACTION_STATEMENT, 256))";
  const key = "CONCAT_WS('-', HEX(ID), HEX(FOR_NAME), HEX(REF_NAME), TYPE)";
  const pieces = [
    `SELECT CONCAT_WS('-', TABLE_TYPE, ENGINE) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${database} AND TABLE_NAME = ${name}`,
    `SELECT GROUP_CONCAT(${trigger} ORDER BY HEX(TRIGGER_NAME)) FROM information_schema.TRIGGERS WHERE ` +
      `EVENT_OBJECT_SCHEMA = ${database} AND EVENT_OBJECT_TABLE = ${name} AND EVENT_MANIPULATION = 'DELETE'`,
    `SELECT GROUP_CONCAT(${key} ORDER BY HEX(ID)) FROM ${innodbForeignKeys(flavor).view} WHERE ${acting}`,
    ...(flavor === 'mysql' ? triggerGrants(database, name) : []),
  ];
  return `SELECT SHA2(CONCAT_WS(CHAR(30), ${pieces.map((piece) => `IFNULL((${piece}), '')`).join(', ')}), 256) AS rules`;
}

/** The user's own grants, from views that don't show its roles' grants. */
function triggerGrants(database: string, name: string): string[] {
  const user = "SUBSTRING_INDEX(CURRENT_USER(), '@', 1)";
  const host = "SUBSTRING_INDEX(CURRENT_USER(), '@', -1)";
  const own = `GRANTEE = CONCAT('''', ${user}, '''@''', ${host}, '''') AND PRIVILEGE_TYPE = 'TRIGGER'`;
  return [
    `SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE ${own}`,
    `SELECT COUNT(*) FROM information_schema.SCHEMA_PRIVILEGES WHERE ${own}`,
    `SELECT COUNT(*) FROM information_schema.TABLE_PRIVILEGES WHERE ${own} AND TABLE_SCHEMA = ${database} AND TABLE_NAME = ${name}`,
  ];
}
