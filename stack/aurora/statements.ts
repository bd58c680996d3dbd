import { escape as literal } from 'mysql2';

/** The front's own schema on the server behind it. */
export const frontSchema = 'aurora_front';

/** What the front says of the server behind it. */
export interface AuroraFacts {
  /** `3.10.0`. */
  version: string;
  serverId: string;
  /** Whether it answers as a reader: `@@innodb_read_only` is 1, and writes are refused. */
  reader: boolean;
  /** The cluster parameter `aws_default_s3_role`: the role's ARN, or empty. */
  defaultRole: string;
  /** Microseconds that a commit takes, by Aurora's counters. */
  commitMicros: number;
  /** Aurora has a buffer pool instance for each. */
  vcpus: number;
  /** What the writer knows of its readers. */
  readers: readonly { serverId: string; lagMillis: number }[];
}

const shown = /^\s*SHOW\s+(?:GLOBAL\s+|SESSION\s+)?VARIABLES\s+LIKE\s+'(aws_default_s3_role|aurora_version)'\s*$/i;

/** A client's statement as the server behind the front takes it. */
export function rewritten(sql: string, facts: AuroraFacts): string {
  const variables: Record<string, string> = {
    aurora_version: literal(facts.version),
    aurora_server_id: literal(facts.serverId),
    aws_default_s3_role: literal(facts.defaultRole),
    innodb_read_only: facts.reader ? '1' : '0',
    innodb_buffer_pool_instances: String(facts.vcpus),
  };
  const [, asked] = shown.exec(sql) ?? [];
  if (asked) return `SELECT ${literal(asked)} AS Variable_name, ${variables[asked.toLowerCase()] ?? "''"} AS Value`;
  const [, condition] = /^\s*SHOW\s+GLOBAL\s+STATUS\s+WHERE\s+(.+)$/is.exec(sql) ?? [];
  if (condition) return withCounters(condition, facts.commitMicros);
  const named = sql
    .replaceAll(/@@(?:global\.|session\.)?(\w+)/gi, (whole, name: string) => variables[name.toLowerCase()] ?? whole)
    .replaceAll(/information_schema\.replica_host_status/gi, () => hostStatus(facts));
  if (/^\s*CREATE\s+PROCEDURE/i.test(named)) return withRoutedPrepare(named);
  return named;
}

/** The writer and its readers, for whoever asks (page "information_schema tables", replica_host_status). */
function hostStatus({ serverId, readers }: AuroraFacts): string {
  const rowOf = (server: string, session: string, lagMillis: number) =>
    `SELECT ${literal(server)} AS server_id, ${session} AS session_id, NOW(6) AS last_update_timestamp, ` +
    `${lagMillis} AS replica_lag_in_milliseconds`;
  const rows = readers.map((each) => rowOf(each.serverId, 'UUID()', each.lagMillis));
  return `(${[rowOf(serverId, "'MASTER_SESSION_ID'", 0), ...rows].join(' UNION ALL ')}) AS replica_host_status`;
}

/** Aurora's own counters beside the server's (page AuroraMySQL.Managing.Monitoring, "Aurora MySQL global status variables"). */
function withCounters(condition: string, commitMicros: number): string {
  const status = 'performance_schema.global_status';
  const commits = `(SELECT VARIABLE_VALUE + 0 FROM ${status} WHERE VARIABLE_NAME = 'Handler_commit')`;
  return (
    `SELECT name AS Variable_name, shown AS Value FROM (SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS shown FROM ${status} ` +
    `UNION ALL SELECT 'AuroraDb_commits', CAST(${commits} AS CHAR) ` +
    `UNION ALL SELECT 'AuroraDb_commit_latency', CAST(${commits} * ${commitMicros} AS CHAR)) AS counters ` +
    `WHERE ${condition.replaceAll(/\bVariable_name\b/gi, 'name')}`
  );
}

/** Whether the answer shows a procedure's text, which its client is to see as it sent it. */
export function showsProcedure(sql: string): boolean {
  return /^\s*SHOW\s+CREATE\s+PROCEDURE\b/i.test(sql);
}

const routed = new RegExp(
  `SET @aurora_front_statement = ${frontSchema}\\.into_s3\\((@\\w+)\\); PREPARE (\\w+) FROM @aurora_front_statement;`,
  'g',
);

/** A procedure's text as its client sent it. */
export function asSent(text: string): string {
  return text.replaceAll(routed, 'PREPARE $2 FROM $1;');
}

/** Every dynamic statement of a procedure goes through the front's function, which turns `INTO OUTFILE S3` into a local file. */
function withRoutedPrepare(sql: string): string {
  return sql.replaceAll(
    /\bPREPARE\s+(\w+)\s+FROM\s+(@\w+)\s*;/gi,
    (_, name: string, text: string) =>
      `SET @aurora_front_statement = ${frontSchema}.into_s3(${text}); PREPARE ${name} FROM @aurora_front_statement;`,
  );
}

/** Whether files may have been written by the time that the statement's answer is there. */
export function mayWriteFiles(sql: string): boolean {
  return /^\s*(CALL|EXECUTE)\b/i.test(sql);
}

/** The connection whose statement a KILL ends. */
export function killedBy(sql: string): number | undefined {
  const [, id] = /^\s*KILL\s+(?:QUERY\s+|CONNECTION\s+)?(\d+)/i.exec(sql) ?? [];
  return id === undefined ? undefined : Number(id);
}

/** Whether Aurora's reader refuses the statement. */
export function writes(sql: string): boolean {
  return /^\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|TRUNCATE|GRANT|REVOKE)\b/i.test(sql);
}
