import type { TableName } from '../../model/tableName.ts';
import { identifier, qualified } from '../quote.ts';
import type { Session } from '../session.ts';
import { sqlFile } from '../sqlFile.ts';

/** What the user needs, and where. */
export interface NeededRight {
  rights: readonly string[];
  /** Null for the whole server; a table of null for the whole schema. */
  database: string | null;
  table: string | null;
}

const tableRights = ['SELECT', 'DELETE', 'TRIGGER'];
/** Beside these, where native partitions are exchanged: the table is altered, its twin made, filled again on the way back, and dropped. */
const nativeRights = ['INSERT', 'CREATE', 'ALTER', 'DROP'];
const ledgerRights = [
  ...['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'ALTER', 'INDEX', 'DROP'],
  ...['CREATE ROUTINE', 'ALTER ROUTINE', 'EXECUTE'],
];
const serverRights = ['PROCESS', 'REPLICATION CLIENT'];

/** A table, and whether its native partitions may go whole. */
export type GrantedTable = TableName & { nativePartitions?: 'auto' | 'never' };

function rightsOn({ nativePartitions }: GrantedTable): readonly string[] {
  return nativePartitions === 'auto' ? [...tableRights, ...nativeRights] : tableRights;
}

/** The least rights that the source's tables, its ledger and its looks at the server's health need. */
export function neededRights(tables: readonly GrantedTable[], ledger: string): NeededRight[] {
  return [
    ...tables.flatMap(({ database, table, nativePartitions }) => [
      { rights: tableRights, database, table },
      // By themselves: without them a day goes in chunks, and nothing else is lost.
      ...(nativePartitions === 'auto' ? [{ rights: nativeRights, database, table }] : []),
    ]),
    { rights: ledgerRights, database: ledger, table: null },
    { rights: serverRights, database: null, table: null },
  ];
}

/** The same as SQL. */
export function grantsSql(tables: readonly GrantedTable[], ledger: string, user: string): string {
  const account = `'${user.replaceAll("'", "''")}'@'%'`;
  const lines = tables.map(
    (each) => `GRANT ${rightsOn(each).join(', ')} ON ${qualified(each.database, each.table)} TO ${account};`,
  );
  return sqlFile('grants.sql', { tables: lines.join('\n'), ledger: identifier(ledger), user: account }).trimEnd();
}

/** One line of SHOW GRANTS, taken apart. */
interface Grant {
  rights: ReadonlySet<string>;
  /** As granted: a pattern with % and _. Null for the whole server. */
  database: string | null;
  table: string | null;
}

/** What a user has: its grants, and whether a role may bring more that SHOW GRANTS doesn't list. */
export interface Grants {
  grants: readonly Grant[];
  roles: boolean;
}

export async function readGrants(session: Session): Promise<Grants> {
  const [active] = await session.rows('SELECT CURRENT_ROLE() AS roles');
  // MySQL lists a role's rights only where it is named; MariaDB lists those of the role that is set.
  const using = session.flavor === 'mysql' && active?.roles && active.roles !== 'NONE' ? ` USING ${active.roles}` : '';
  const rows = await session.rows(`SHOW GRANTS FOR CURRENT_USER()${using}`);
  return parseGrants(rows.map((row) => String(Object.values(row)[0])));
}

/** A quoted name, a doubled quote inside. */
const name = '(?:`((?:[^`]|``)*)`|(\\*))';
const form = new RegExp(`^GRANT (.+?) ON (?:TABLE )?${name}\\.${name} TO `);

/** @example parseGrants(['GRANT SELECT ON `bank`.* TO `sediment`@`%`']) */
export function parseGrants(lines: readonly string[]): Grants {
  const grants: Grant[] = [];
  for (const line of lines) {
    const [, rights, database, , table] = form.exec(line) ?? [];
    if (!rights) continue;
    grants.push({
      // Column rights, SELECT (a, b), are none to the whole table.
      rights: new Set(
        rights
          .replaceAll(/[A-Z ]+\([^)]*\)/g, '')
          .split(', ')
          .map((each) => each.trim()),
      ),
      database: database?.replaceAll('``', '`') ?? null,
      table: table?.replaceAll('``', '`') ?? null,
    });
  }
  return { grants, roles: lines.some((line) => line.startsWith('GRANT ') && !/ ON /.test(line)) };
}

/** MariaDB and MySQL have given some rights other names since. */
const synonyms: Record<string, readonly string[]> = {
  'REPLICATION CLIENT': ['BINLOG MONITOR', 'REPLICATION CLIENT'],
};

/** What is needed and was not granted, as `TRIGGER on bank.orders`. */
export function missingRights(needed: readonly NeededRight[], { grants }: Grants): string[] {
  return needed.flatMap(({ rights, database, table }) => {
    const covering = grants.filter((each) => covers(each, database, table));
    const has = (right: string) =>
      covering.some(
        (each) => each.rights.has('ALL PRIVILEGES') || (synonyms[right] ?? [right]).some((one) => each.rights.has(one)),
      );
    const lacking = rights.filter((right) => !has(right));
    const place = database === null ? 'the server' : table === null ? `${database}.*` : `${database}.${table}`;
    return lacking.length > 0 ? [`${lacking.join(', ')} on ${place}`] : [];
  });
}

function covers(grant: Grant, database: string | null, table: string | null): boolean {
  if (grant.database === null) return true;
  if (database === null) return false;
  // A table's grant names its schema plainly, a schema's own may be a pattern.
  const schema = grant.table === null ? likePattern(grant.database) : undefined;
  if (schema ? !schema.test(database) : grant.database !== database) return false;
  return grant.table === null || grant.table === table;
}

function likePattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\([%_\\])|[%_]|[^%_\\]+|\\/g, (part, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped;
    if (part === '%') return '.*';
    return part === '_' ? '.' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
