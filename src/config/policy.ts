import { createHash } from 'node:crypto';
import { isShorter } from '../model/duration.ts';
import { formatTableName, parseTableName, type TableName } from '../model/tableName.ts';
import { type ArchiveSettings, archiveProblem, resolveArchive } from './archive.ts';
import { UnknownTable } from './errors.ts';
import { nearest } from './nearest.ts';
import type { DefaultsFile, TableFile } from './schema.ts';
import { defaultThrottle, type ThrottleLimits } from './throttle.ts';

/** The config of one table with defaults filled in. Plain JSON: it is part of Temporal payloads. */
export interface TablePolicy extends TableName {
  /** The column that holds a row's time. */
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
  /** A fuse: the most rows deleted per UTC day; 0 for none. */
  maxRowsPerDay: number;
  /** A fuse: the largest share of the table's rows, 0 to 1, deleted per UTC day; 1 for none. */
  maxShareOfTable: number;
  /** Whether rows whose time is NULL, zero or impossible are archived. They are never purged. */
  undated: 'leave' | 'archive';
  /** How long after its end a day is left alone before it is exported: ISO 8601. */
  settle: string;
  /** Rows that changed since they were archived: archived again, or the table stops. */
  drift: 'heal' | 'stop';
  /** The largest share of a part's rows, 0 to 1, that a heal may find missing in the table. */
  maxHealRemoval: number;
  /** Late rows whose key is in the archive with other values: left in the table, or archived beside the older ones. */
  recreated: 'leave' | 'keepBoth';
  /** The most rows per second that the purge deletes; 0 for no limit. */
  maxRowsPerSecond: number;
  /** When the purge may run, as `parseWindow` reads it; absent: always. */
  window?: string;
  /** How many times as long others' statements may take because of a purge or an export. */
  impact: { limit: number };
  /** How hard purges and exports go: within that limit and spread over the day, within that limit, or at all. */
  pace: 'steady' | 'asap' | 'full';
  /** What of a purged row stands in the binary log: as the server has it, or its key alone. */
  binlogRowImage: 'server' | 'minimal';
  /** The server's limits above which the purge waits. */
  throttle: ThrottleLimits;
  /** Whether a day that is exactly its native partitions is exchanged and dropped whole, or deleted in chunks like any other. */
  nativePartitions: 'auto' | 'never';
  /** Who writes the rows into S3: the worker, or an Aurora server itself; absent: whichever can. */
  engine?: 'auto' | 'stream' | 'aurora';
  /** Where an export reads: the source, or its named replica; absent: the source. */
  export?: { from?: 'writer' | 'replica' | undefined };
  compression: 'gzip' | 'none';
  /** Rows per chunk. */
  chunkRows: number;
  /** Compressed bytes at which the next part begins. */
  partBytes: number;
  /** Delete triggers, by name, that may fire. */
  allowTriggers: string[];
  /** Child tables, db.table, whose rows ON DELETE may delete too. */
  allowCascade: string[];
  /** What becomes of the archive once it is written; absent: it is kept for good, as the store has it. */
  archive?: ArchiveSettings | undefined;
  /** Whether the newest row may be years old, as in a table that nobody writes to any more. */
  allowOldRows: boolean;
}

/** The shortest retention without a lower `minRetention` on the table itself, so that a mistaken unit deletes nothing. */
const retentionFloor = 'P7D';
const secondsADay = 86_400;

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
  pace: 'steady',
  binlogRowImage: 'server',
  nativePartitions: 'never',
  compression: 'gzip',
  chunkRows: 4_000,
  partBytes: 128 << 20,
  allowTriggers: [] as string[],
  allowCascade: [] as string[],
  allowOldRows: false,
} as const;

/** A tenth is what an application's own minutes differ by. */
const defaultImpact = { limit: 1.1 };

/** A rule between several keys that the config breaks. */
interface PolicyProblem {
  path: (string | number)[];
  message: string;
}

/** A table's policy: its own keys, else those of `defaults`, else the built-in ones. */
export function makePolicy(defaults: DefaultsFile, entry: TableFile): TablePolicy {
  const { table, ...own } = entry;
  const given = { ...defaults, ...own };
  return {
    ...structuredClone({ ...builtIn, ...given }),
    impact: { ...defaultImpact, ...defaults.impact, ...own.impact },
    throttle: { ...defaultThrottle, ...defaults.throttle, ...own.throttle },
    archive: resolveArchive(defaults.archive, own.archive),
    timeColumn: given.timeColumn ?? '',
    ...parseTableName(table),
  };
}

/** The rules that one table's entry breaks together with the defaults. */
export function policyProblems(defaults: DefaultsFile, entry: TableFile, index: number): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const policy = makePolicy(defaults, entry);
  const pathOf = (key: 'retention' | 'minRetention') => (key in entry ? ['tables', index, key] : ['defaults', key]);
  if (!policy.timeColumn)
    problems.push({ path: ['tables', index, 'timeColumn'], message: 'is missing. Write timeColumn: created_at.' });
  if (!entry.minRetention && defaults.minRetention && isShorter(defaults.minRetention, retentionFloor))
    problems.push({
      path: ['defaults', 'minRetention'],
      message: `${defaults.minRetention} is shorter than ${retentionFloor}. Only a table can lower its own floor.`,
    });
  else if (isShorter(policy.retention, policy.minRetention)) {
    const byRetention = 'retention' in entry || ('retention' in defaults && !('minRetention' in entry));
    problems.push({
      path: pathOf(byRetention ? 'retention' : 'minRetention'),
      message:
        `the retention of ${policy.retention} is shorter than minRetention, ${policy.minRetention}. Write a ` +
        `longer retention, or minRetention: ${policy.retention} on the table if it is meant.`,
    });
  }
  if (policy.maxRowsPerDay > 0 && policy.maxRowsPerDay < policy.chunkRows)
    problems.push({
      path: 'maxRowsPerDay' in entry ? ['tables', index, 'maxRowsPerDay'] : ['defaults', 'maxRowsPerDay'],
      message:
        `${policy.maxRowsPerDay} is less than one chunk of ${policy.chunkRows} rows, so no day could ever be ` +
        'purged. Write a larger maxRowsPerDay, or smaller chunkRows.',
    });
  if (policy.maxRowsPerSecond > 0 && policy.chunkRows > policy.maxRowsPerSecond * secondsADay) {
    const key = 'maxRowsPerSecond' in entry || !('chunkRows' in entry) ? 'maxRowsPerSecond' : 'chunkRows';
    problems.push({
      path: key in entry ? ['tables', index, key] : ['defaults', key],
      message:
        `a chunk of ${policy.chunkRows} rows is deleted at once, and would rest for more than a day at ` +
        `${policy.maxRowsPerSecond} rows per second. Write a larger maxRowsPerSecond, or smaller chunkRows.`,
    });
  }
  const wrong = policy.archive && archiveProblem(policy.archive, policy);
  if (wrong)
    problems.push({
      path:
        entry.archive?.[wrong.key] !== undefined || defaults.archive?.[wrong.key] === undefined
          ? ['tables', index, 'archive', wrong.key]
          : ['defaults', 'archive', wrong.key],
      message: wrong.message,
    });
  return problems;
}

/**
 * SHA-256, in hex, of the policy's canonical JSON: keys in order, absent ones left out. Equal hashes mean that two workers,
 * or a plan and a worker, have the same policy.
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

/** The tables of a config. */
interface Policies {
  readonly tables: readonly TablePolicy[];
  /** Where each is in the file. */
  readonly positions?: ReadonlyMap<string, string> | undefined;
}

/** The policies of these tables, or of all where none are named. @throws UnknownTable */
export function policiesOf(config: Policies, names: readonly string[] | undefined): readonly TablePolicy[] {
  return names?.map((name) => findPolicy(config, name)) ?? config.tables;
}

/**
 * The policy of `db.table`. Parts with a dot are in backticks, which may be left out where only one table can be meant.
 *
 * @throws UnknownTable with similar names
 */
export function findPolicy(config: Policies, name: string): TablePolicy {
  const exact = config.tables.find(
    (policy) => formatTableName(policy) === name || canonical(name) === formatTableName(policy),
  );
  if (exact) return exact;
  const plain = config.tables.filter(({ database, table }) => `${database}.${table}` === name);
  if (plain.length === 1 && plain[0]) return plain[0];
  const known = config.tables.map(formatTableName);
  const namesake = config.tables.find(({ table }) => table === name.split('.').at(-1));
  const near = nearest(name, known) ?? (namesake && formatTableName(namesake));
  throw new UnknownTable(name, known, near, near && config.positions?.get(near));
}

function canonical(name: string): string | undefined {
  try {
    return formatTableName(parseTableName(name));
  } catch {
    return undefined;
  }
}
