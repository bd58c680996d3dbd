import type { TableName } from '../../model/tableName.ts';
import { identifier, qualified } from '../quote.ts';
import { createGroupSql } from '../session/resourceGroup.ts';
import type { Session } from '../session/session.ts';
import { sqlFile } from '../sqlFile.ts';

/** What the user needs, and where. */
export interface NeededRight {
  rights: readonly string[];
  /** Null for the whole server; a table of null for the whole schema. */
  database: string | null;
  table: string | null;
  /** Needed to exchange native partitions only: without it a day is purged in chunks. */
  native?: boolean;
}

const tableRights = ['SELECT', 'DELETE', 'TRIGGER'];
/** Also needed if native partitions are exchanged, because that alters the table and creates, copies back from and drops exchange tables. */
const nativeRights = ['INSERT', 'CREATE', 'ALTER', 'DROP'];
const ledgerRights = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'ALTER',
  'INDEX',
  'DROP',
  'CREATE ROUTINE',
  'ALTER ROUTINE',
  'EXECUTE',
];
const serverRights = ['PROCESS', 'REPLICATION CLIENT'];

/** A table, whether its native partitions may be dropped whole, what exports it, and the resource group that its sessions join. */
export type GrantedTable = TableName & {
  nativePartitions?: 'auto' | 'never';
  engine?: 'auto' | 'stream' | 'aurora';
  compression?: 'gzip' | 'none';
  throttle?: { resourceGroup?: string };
};

function rightsOn({ nativePartitions }: GrantedTable): readonly string[] {
  return nativePartitions === 'auto' ? [...tableRights, ...nativeRights] : tableRights;
}

/** The least rights that Sediment needs on the source: for its tables, the ledger, and the server's health. */
export function neededRights(tables: readonly GrantedTable[], ledger: string): NeededRight[] {
  return [
    ...tables.flatMap(({ database, table, nativePartitions }) => [
      { rights: tableRights, database, table },
      ...(nativePartitions === 'auto' ? [{ rights: nativeRights, database, table, native: true }] : []),
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
  const named = tables.flatMap(({ throttle }) => throttle?.resourceGroup ?? []);
  const groups = [...new Set(named)].map((group) => createGroupSql(group));
  const values = { tables: lines.join('\n'), ledger: identifier(ledger), user: account };
  const grants = [sqlFile('grants.sql', values).trimEnd(), ...auroraSql(tables, account)];
  return [...grants, ...(groups.length === 0 ? [] : [groupsSql(groups, account)])].join('\n');
}

/** Aurora's own right: a statement where a policy asks for that engine, and a comment where the server decides. */
function auroraSql(tables: readonly GrantedTable[], account: string): string[] {
  const engines = tables.map(({ engine }) => engine);
  if (!engines.includes('aurora') && !engines.includes('auto')) return [];
  const grant = `GRANT AWS_SELECT_S3_ACCESS TO ${account};`;
  const loads = tables.some(({ engine, compression }) => engine !== 'stream' && compression === 'none');
  return [
    '-- Aurora MySQL 3 writes a table’s days into S3 itself by this (on version 2: GRANT SELECT INTO S3 ON *.*):',
    engines.includes('aurora') ? grant : `-- ${grant}`,
    ...(loads
      ? [
          '-- And restores parts of compression: none by itself by this; without it the worker loads them:',
          `-- GRANT AWS_LOAD_S3_ACCESS TO ${account};`,
        ]
      : []),
  ];
}

/** MySQL takes a lower priority only where its process has CAP_SYS_NICE; else the group has its cores alone. */
function groupsSql(groups: readonly string[], account: string): string {
  return [
    '-- Once; it fails where the group exists. Own cores: VCPU = 0-1 before THREAD_PRIORITY. The priority needs CAP_SYS_NICE.',
    ...groups,
    `GRANT RESOURCE_GROUP_USER ON *.* TO ${account};`,
  ].join('\n');
}

/** One line of SHOW GRANTS, taken apart. */
interface Grant {
  rights: ReadonlySet<string>;
  /** The grantee: the user, or an active role. */
  grantee: string;
  /** As granted: a pattern with % and _. Null for the whole server. */
  database: string | null;
  table: string | null;
}

/** What a user has now, its active roles with it. */
export interface Grants {
  grants: readonly Grant[];
  /** What partial revokes take away from rights on the whole server. */
  revoked: readonly Grant[];
  /** Whether roles are granted: an inactive one may hold what is missing. */
  roles: boolean;
  /** Under `partial_revokes` the % and _ of a schema's name are no wildcards. */
  literalNames: boolean;
}

export async function readGrants(session: Session): Promise<Grants> {
  // Without FOR, both servers list the rights of the roles that are active.
  const rows = await session.rows('SHOW GRANTS');
  const granted = parseGrants(rows.map((row) => String(Object.values(row)[0])));
  const patterns = granted.grants.some(({ database, table }) => table === null && /[%_]/.test(database ?? ''));
  const literalNames = patterns && session.flavor === 'mysql' && (await partialRevokes(session));
  return { ...granted, literalNames };
}

/** Since MySQL 8.0.16. */
async function partialRevokes(session: Session): Promise<boolean> {
  const [row] = await session.rows("SHOW GLOBAL VARIABLES LIKE 'partial_revokes'");
  return row?.Value === 'ON';
}

/** A quoted name, a doubled quote inside. */
const name = '(?:`((?:[^`]|``)*)`|(\\*))';
const form = new RegExp(
  `^(GRANT|REVOKE) (.+?) ON (?:TABLE )?${name}\\.${name} (?:TO|FROM) (.+?)(?: IDENTIFIED| REQUIRE| WITH|$)`,
);

/** @example parseGrants(['GRANT SELECT ON `bank`.* TO `sediment`@`%`']) */
export function parseGrants(lines: readonly string[]): Grants {
  const grants: Grant[] = [];
  const revoked: Grant[] = [];
  for (const line of lines) {
    const [, verb, rights, database, , table, , grantee = ''] = form.exec(line) ?? [];
    if (!rights) continue;
    const grant: Grant = {
      rights: new Set(wholeRights(rights)),
      grantee,
      database: database?.replaceAll('``', '`') ?? null,
      table: table?.replaceAll('``', '`') ?? null,
    };
    (verb === 'GRANT' ? grants : revoked).push(grant);
  }
  const roles = lines.some((line) => line.startsWith('GRANT ') && !/ ON /.test(line));
  return { grants, revoked, roles, literalNames: false };
}

/** Column rights, `SELECT (a, b)`, don't count as a right on the table. */
function wholeRights(list: string): string[] {
  const each = /([A-Z_][A-Z_ ]*?)( \((?:`(?:[^`]|``)*`|[^)`])*\))?(?:, ?|$)/g;
  return [...list.matchAll(each)].flatMap(([, right, columns]) => (right && columns === undefined ? [right] : []));
}

/** Some rights have other names in newer versions of MariaDB and MySQL. */
const synonyms: Record<string, readonly string[]> = {
  'REPLICATION CLIENT': ['BINLOG MONITOR', 'REPLICATION CLIENT'],
};

/** What is needed and was not granted. */
export function lackingRights(needed: readonly NeededRight[], granted: Grants): NeededRight[] {
  return needed
    .map((each) => ({
      ...each,
      rights: each.rights.filter((right) => !hasRight(granted, right, each.database, each.table)),
    }))
    .filter(({ rights }) => rights.length > 0);
}

/** `TRIGGER on bank.orders` */
export function describeRights({ rights, database, table }: NeededRight): string {
  if (database === null) return `${rights.join(', ')} on the server`;
  return `${rights.join(', ')} on ${database}.${table ?? '*'}`;
}

/** What is needed and was not granted, in words. */
export function missingRights(needed: readonly NeededRight[], granted: Grants): string[] {
  return lackingRights(needed, granted).map(describeRights);
}

/** Whether a right is held on a table, a whole schema, or the server, and not revoked again. */
export function hasRight(granted: Grants, right: string, database: string | null, table: string | null): boolean {
  const { grants, revoked, literalNames } = granted;
  const holds = ({ rights }: Grant) =>
    rights.has('ALL PRIVILEGES') || (synonyms[right] ?? [right]).some((one) => rights.has(one));
  const taken = database !== null && revoked.some((each) => each.database === database && holds(each));
  if (!taken && grants.some((each) => each.database === null && holds(each))) return true;
  if (database === null) return false;
  for (const grantee of new Set(grants.map((each) => each.grantee))) {
    const own = grants.filter((each) => each.grantee === grantee && each.table === null && each.database !== null);
    const nearest = nearestSchema(own, database, literalNames);
    if (nearest && holds(nearest)) return true;
  }
  return table !== null && grants.some((each) => each.database === database && each.table === table && holds(each));
}

/** The server applies only one of the grants on schemas whose pattern matches: the most specific. */
function nearestSchema(grants: readonly Grant[], database: string, literalNames: boolean): Grant | undefined {
  if (literalNames) return grants.find((each) => each.database?.replaceAll(/\\([%_\\])/g, '$1') === database);
  const met = grants.filter((each) => likePattern(String(each.database)).test(database));
  const plainLength = ({ database: pattern }: Grant) => {
    const at = String(pattern)
      .replaceAll(/\\[%_\\]/g, 'xx')
      .search(/[%_]/);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  return met.sort((one, other) => plainLength(other) - plainLength(one))[0];
}

function likePattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\([%_\\])|[%_]|[^%_\\]+|\\/g, (part, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped;
    if (part === '%') return '.*';
    return part === '_' ? '.' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
