import { createHash } from 'node:crypto';
import { isShorter } from '../model/duration.ts';
import { formatTableName, parseTableName, type TableName } from '../model/tableName.ts';
import { UnknownTable } from './errors.ts';
import { nearest } from './nearest.ts';
import type { DefaultsFile, TableFile } from './schema.ts';
import { defaultThrottle, type ThrottleLimits } from './throttle.ts';

/** What the config says about one table, defaults filled in. Plain JSON: it travels in Temporal's payloads. */
export interface TablePolicy extends TableName {
  /** The column that tells a row's day. */
  timeColumn: string;
  /** What an integer time column counts since 1970 UTC. */
  timeKind?: 'epochSeconds' | 'epochMillis';
  /** `UTC` where a DATETIME column holds UTC rather than wall time in `zone`. */
  datetimeZone?: 'UTC';
  /** The IANA zone whose midnights bound a day. */
  zone: string;
  /** The first day to archive, YYYY-MM-DD; absent: the oldest dated row's. */
  firstDay?: string;
  /** How long rows stay in MySQL: ISO 8601 in whole days. */
  retention: string;
  /** The floor under `retention`, ISO 8601 in whole days. */
  minRetention: string;
  purge: 'enabled' | 'disabled';
  /** A fuse: rows that one UTC day may see deleted; 0 for none. */
  maxRowsPerDay: number;
  /** A fuse: the share of the table's rows, 0 to 1, that one UTC day may see deleted; 1 for none. */
  maxShareOfTable: number;
  /** Rows whose time is NULL, zero or impossible. */
  undated: 'leave' | 'archive';
  /** How long after its end a day is left alone before it is exported: ISO 8601. */
  settle: string;
  /** What becomes of rows that changed since they were archived. */
  drift: 'heal' | 'stop';
  /** The share of a part's rows, 0 to 1, that a heal may find gone. */
  maxHealRemoval: number;
  /** Late rows whose key stands in the archive with other values. */
  recreated: 'leave' | 'keepBoth';
  /** Rows a second that the purge doesn't go above; 0 for no limit. */
  maxRowsPerSecond: number;
  /** When the purge may run, as `parseWindow` reads it; absent: always. */
  window?: string;
  /** What the purge may see of the server before it waits. */
  throttle: ThrottleLimits;
  /** Whether a day that is exactly its native partitions is exchanged and dropped whole, or deleted in chunks like any other. */
  nativePartitions: 'auto' | 'never';
  compression: 'gzip' | 'none';
  /** Rows a chunk. */
  chunkRows: number;
  /** Compressed bytes at which the next part begins. */
  partBytes: number;
  /** Delete triggers, by name, that may fire. */
  allowTriggers: string[];
  /** Child tables, db.table, whose rows ON DELETE may take along. */
  allowCascade: string[];
}

/** The shortest retention that a table gets without lowering its `minRetention` itself: a slip of a unit costs no rows. */
export const retentionFloor = 'P7D';

const builtIn = {
  retention: 'P2M',
  minRetention: retentionFloor,
  zone: 'UTC',
  purge: 'disabled',
  maxRowsPerDay: 0,
  maxShareOfTable: 1,
  undated: 'leave',
  settle: 'PT15M',
  drift: 'heal',
  maxHealRemoval: 0.1,
  recreated: 'leave',
  maxRowsPerSecond: 0,
  nativePartitions: 'never',
  compression: 'gzip',
  chunkRows: 4_000,
  partBytes: 128 << 20,
  allowTriggers: [] as string[],
  allowCascade: [] as string[],
} as const;

/** A rule between several keys that the config breaks. */
export interface PolicyProblem {
  path: (string | number)[];
  message: string;
}

/** A table's policy: what it says itself, else what `defaults` say, else the built-in. */
export function makePolicy(defaults: DefaultsFile, entry: TableFile): TablePolicy {
  const { table, ...own } = entry;
  const said = { ...defaults, ...own };
  return {
    ...structuredClone({ ...builtIn, ...said }),
    throttle: { ...defaultThrottle, ...defaults.throttle, ...own.throttle },
    timeColumn: said.timeColumn ?? '',
    ...parseTableName(table),
  };
}

/** What one entry says that can't stand beside the defaults. */
export function policyProblems(defaults: DefaultsFile, entry: TableFile, index: number): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const policy = makePolicy(defaults, entry);
  const place = (key: 'retention' | 'minRetention') => (key in entry ? ['tables', index, key] : ['defaults', key]);
  if (!policy.timeColumn)
    problems.push({ path: ['tables', index, 'timeColumn'], message: 'is missing. Write timeColumn: created_at.' });
  if (!entry.minRetention && defaults.minRetention && isShorter(defaults.minRetention, retentionFloor))
    problems.push({
      path: ['defaults', 'minRetention'],
      message: `${defaults.minRetention} is shorter than ${retentionFloor}. Only a table can lower its own floor.`,
    });
  else if (isShorter(policy.retention, policy.minRetention)) {
    const said = 'retention' in entry || ('retention' in defaults && !('minRetention' in entry));
    problems.push({
      path: place(said ? 'retention' : 'minRetention'),
      message: `the retention of ${policy.retention} is shorter than minRetention, ${policy.minRetention}. Write a longer retention, or minRetention: ${policy.retention} on the table if it is meant.`,
    });
  }
  if (policy.maxRowsPerDay > 0 && policy.maxRowsPerDay < policy.chunkRows)
    problems.push({
      path: 'maxRowsPerDay' in entry ? ['tables', index, 'maxRowsPerDay'] : ['defaults', 'maxRowsPerDay'],
      message: `${policy.maxRowsPerDay} is less than one chunk of ${policy.chunkRows} rows, so no day could ever be purged. Write a larger maxRowsPerDay, or smaller chunkRows.`,
    });
  return problems;
}

/**
 * SHA-256, in hex, of the policy's canonical JSON: keys in order, absent ones left out. Tells whether two workers, or
 * a plan and a worker, hold the same policy.
 */
export function policyHash(policy: TablePolicy): string {
  return createHash('sha256').update(canonicalJson(policy)).digest('hex');
}

function canonicalJson(value: object): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/**
 * The policy of `db.table`; dotted parts stand in backticks, which may be left out where only one table can be meant.
 *
 * @throws UnknownTable with the near names
 */
export function findPolicy(config: { readonly tables: readonly TablePolicy[] }, name: string): TablePolicy {
  const exact = config.tables.find(
    (policy) => formatTableName(policy) === name || canonical(name) === formatTableName(policy),
  );
  if (exact) return exact;
  const plain = config.tables.filter(({ database, table }) => `${database}.${table}` === name);
  if (plain.length === 1 && plain[0]) return plain[0];
  const known = config.tables.map(formatTableName);
  const namesake = config.tables.find(({ table }) => table === name.split('.').at(-1));
  throw new UnknownTable(name, known, nearest(name, known) ?? (namesake && formatTableName(namesake)));
}

function canonical(name: string): string | undefined {
  try {
    return formatTableName(parseTableName(name));
  } catch {
    return undefined;
  }
}
