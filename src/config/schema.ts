import { z } from 'zod';
import { parseDay } from '../model/day.ts';
import { parseDuration } from '../model/duration.ts';
import { messageOf } from '../model/error.ts';
import { parseTableName } from '../model/tableName.ts';
import { archiveSchema, storageClassSchema } from './archive.ts';
import { auditSchema } from './audit.ts';
import { catalogSchema } from './catalog.ts';
import { drillSchema } from './drill.ts';
import { nearest } from './nearest.ts';
import { throttleSchema } from './throttle.ts';
import { parseWindow } from './window.ts';

/** A text that `parse` accepts; the error that it throws is the message. */
function checked(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });
}

const retention = checked((text) => parseDuration(text));

/** An IANA name, because an offset such as +01:00 has no summer time. */
const zone = checked((text) => {
  const refusal = () => {
    const near = nearest(text, Intl.supportedValuesOf('timeZone'));
    return new Error(`"${text}" is no time zone. Write an IANA name such as ${near ?? 'Europe/Berlin or UTC'}.`);
  };
  if (!/^[A-Za-z]/.test(text)) throw refusal();
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
  } catch {
    throw refusal();
  }
});

/** IPv4, or IPv6 in brackets, and a port. */
export const bindAddress = /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-fA-F:]+\]):\d{1,5}$/;

/** Its region is the first group. */
export const secretArn = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:.+$/;

const clock = '(?:[01]\\d|2[0-3]):[0-5]\\d';
// The messages never show the URL, because it may hold a password.
const sourceUrl = checked((text) => checkUrl(text, true));
/** Sediment connects to a replica as the source's user if its URL names none. */
const replicaUrl = checked((text) => checkUrl(text, false));

const encodedLetters = '%2F for /, %3F for ?, %23 for #, %40 for @, %3A for : and %25 for %';

function checkUrl(text: string, needsUser: boolean): void {
  const wanted = `Write mysql://${needsUser ? 'user@' : ''}host:3306, and %40 for an @ in the password.`;
  // A / ends what precedes the host: the rest of the password would be a path, and its beginning a port.
  const [, before = ''] = /^mysql:\/\/(.*)@/.exec(text) ?? [];
  const [reserved] = /[/?#]/.exec(before) ?? [];
  if (reserved) throw new Error(`has a ${reserved} before its @. In a user or password write ${encodedLetters}.`);
  if (!URL.canParse(text)) throw new Error(`is no address. ${wanted}`);
  const url = new URL(text);
  if (url.protocol !== 'mysql:' || !url.hostname) throw new Error(`is no MySQL address. ${wanted}`);
  if (needsUser && !url.username) throw new Error(`names no user. ${wanted}`);
  if (url.pathname.length > 1 || url.search || url.hash)
    throw new Error(`goes on after the port; databases are named under tables. ${wanted}`);
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw new Error(`has a % that begins no %40-like escape; write it as %25. ${wanted}`);
  }
}

/** The keys of a table's entry, and of `defaults` for all tables that leave them out. */
const policyFields = {
  /** How long rows stay in MySQL: ISO 8601 in whole days, calendar months clamp. Default P2M. */
  retention: retention.optional(),
  /** The IANA zone whose midnights bound a day. Default UTC. */
  zone: zone.optional(),
  /** Whether archived days past the retention are deleted. Default disabled. */
  purge: z.enum(['enabled', 'disabled']).optional(),
  /** The column that holds a row's time: DATE, DATETIME, TIMESTAMP, or an integer epoch. Every table needs one. */
  timeColumn: z.string().min(1, 'is empty. Write the column that tells a row’s day.').optional(),
  /** What an integer time column counts since 1970 UTC: seconds or milliseconds. Other columns' types say it. */
  timeKind: z.enum(['epochSeconds', 'epochMillis']).optional(),
  /** `UTC` where a DATETIME column holds UTC rather than wall time in `zone`. */
  datetimeZone: z.literal('UTC').optional(),
  /** A fuse: the most rows deleted from the table per UTC day; at least one chunk. Default: none. */
  maxRowsPerDay: z.int().min(1).optional(),
  /** A fuse: the largest share of the table's rows, above 0 to 1, deleted per UTC day, by the server's own estimate. Default 1: none. */
  maxShareOfTable: z.number().gt(0).max(1).optional(),
  /** The most rows per second that the purge deletes; 0 for no limit. Default 0. */
  maxRowsPerSecond: z.int().nonnegative().optional(),
  /** When the purge may run: `22:00-06:00 Europe/Berlin`, `Mon-Fri 22:00-06:00 Europe/Berlin`, or `always`. Default always. */
  window: checked(parseWindow).optional(),
  /** What others may feel of a purge or an export. */
  impact: z
    .strictObject({
      /** How many times as long others' statements may take, on average over time: 1 or more. Default 1.1. */
      limit: z.number().min(1).optional(),
    })
    .optional(),
  /**
   * How hard the purge and the export go: `steady` within the impact's limit and spread over the day, `asap` all that the
   * limit allows, `full` all that they can get. Default steady.
   */
  pace: z.enum(['steady', 'asap', 'full']).optional(),
  /** What of a purged row stands in the binary log: as the `server` has it, or `minimal`, its key alone. Default server. */
  binlogRowImage: z.enum(['server', 'minimal']).optional(),
  /** The server's limits above which the purge waits; each key of a table goes before the defaults' same key. */
  throttle: throttleSchema.optional(),
  /** `auto`: a day that is exactly its native partitions is exchanged, proved and dropped whole, by DDL. Default never. */
  nativePartitions: z.enum(['auto', 'never']).optional(),
  /** The first day to archive, YYYY-MM-DD. Default: the oldest dated row's. */
  firstDay: checked(parseDay).optional(),
  /** Who writes the rows into S3: the worker (`stream`), an Aurora server itself (`aurora`), or the one that can. Default auto. */
  engine: z.enum(['auto', 'stream', 'aurora']).optional(),
  /** Where an export reads. */
  export: z
    .strictObject({
      /** The source itself, or `source.exportReplica`, once that has all that was committed. Default writer. */
      from: z.enum(['writer', 'replica']).optional(),
    })
    .optional(),
  /** How parts are compressed. Default gzip. */
  compression: z.enum(['gzip', 'none']).optional(),
  /** Rows per chunk, the unit of proof: 1 to 100,000. Default 4,000. */
  chunkRows: z.int().min(1).max(100_000).optional(),
  /** Size of a part at which the next one begins, in compressed bytes: up to 68,719,476,736 (64 GiB). Default 134,217,728 (128 MiB). */
  partBytes: z
    .int()
    .min(1)
    .max(2 ** 36)
    .optional(),
  /** Rows whose time is NULL, zero or impossible: left in the table and counted, or archived apart as well. They are never purged. Default leave. */
  undated: z.enum(['leave', 'archive']).optional(),
  /** How long after its end a day is left to settle before it is exported: ISO 8601, PT15M to P14D and more. Default PT15M. */
  settle: checked((text) => parseDuration(text, 'time')).optional(),
  /** Rows that changed since they were archived: archived again before they are deleted, or the table stops. Default heal. */
  drift: z.enum(['heal', 'stop']).optional(),
  /** The share of a part's rows, 0 to 1, that a heal may find missing; more, and more than ten rows, looks like a wrong database and stops. Default 0.1. */
  maxHealRemoval: z.number().min(0).max(1).optional(),
  /** Late rows whose key is in the archive with other values: they stay in the table, or are archived beside the older ones. Default leave. */
  recreated: z.enum(['leave', 'keepBoth']).optional(),
  /** The floor under `retention`: a shorter one is refused. Default P7D, which only a table itself can lower. */
  minRetention: retention.optional(),
  /** Delete triggers, by name, that may fire when the purge deletes. Default none. */
  allowTriggers: z.array(z.string().min(1)).optional(),
  /** Child tables, as db.table, whose rows ON DELETE may delete too. Default none. */
  allowCascade: z.array(z.string().min(1)).optional(),
  /** What becomes of the archive once it is written: how long it is kept, its storage class, and its Object Lock. */
  archive: archiveSchema.optional(),
  /** Whether a table may be purged whose newest row is two years old: else a mistaken column or unit is suspected. Default false. */
  allowOldRows: z.boolean().optional(),
};

export const defaultsSchema = z.strictObject(policyFields);

export const tableSchema = z.strictObject({
  /** `db.table`; a part that holds a dot in backticks. */
  table: checked(parseTableName),
  ...policyFields,
});

const sourceSchema = z.strictObject({
  /** Part of every workflow id and the owner of every key; never changes. */
  name: z.string().regex(/^[a-z0-9-]+$/, 'may hold a–z, 0–9 and - only. Write something like bank-primary.'),
  /** `mysql://user[:password]@host:port`; default port 3306. */
  url: sourceUrl,
  /** The password, usually as `${MYSQL_PASSWORD}`. */
  password: z.string().optional(),
  /** A file that holds the password; white space at its end doesn't count. It is read again for each connection. */
  passwordFile: z.string().min(1).optional(),
  /** The ARN of a secret of AWS Secrets Manager, as RDS writes it. It is asked for again after the server has refused it. */
  secretsManager: z
    .string()
    .regex(secretArn, 'is no secret’s ARN. Write arn:aws:secretsmanager:eu-central-1:123456789012:secret:name.')
    .optional(),
  /** True for a token of IAM in place of a password, a fresh one per connection; the region where the host doesn't say it. */
  iam: z.union([z.literal(true), z.strictObject({ region: z.string().min(1) })]).optional(),
  /** Left out: TLS with a verified certificate, and none to 127.0.0.1 or localhost. */
  tls: z
    .strictObject({
      /** A PEM file of the authorities to trust in place of Node's own, or `rds` for Amazon's, which an endpoint of RDS has anyway. */
      ca: z.string().min(1).optional(),
      /** True for no TLS at all. */
      off: z.boolean().optional(),
    })
    .optional(),
  /** Replicas whose lag is measured: `mysql://[user[:password]@]host:port`; the source's user where none is named. Default none. */
  replicas: z.array(replicaUrl).optional(),
  /** The replica, or Aurora reader, that exports under `export: { from: replica }` read. Default none. */
  exportReplica: replicaUrl.optional(),
  /** Whether to work on a server that replicates from another, as in a circle. Default false. */
  allowReplica: z.boolean().optional(),
  /** The schema of Sediment's own tables on that server. Default sediment. */
  ledger: z
    .string()
    .regex(/^[\w$-]{1,64}$/, 'is no schema name. Write up to 64 letters, digits, _, $ or -.')
    .optional(),
});

const bucketComplaint =
  'is no bucket’s name. Write the name alone, my-archive: without s3://, and what comes after a slash as store.prefix.';

const storeSchema = z.strictObject({
  /** The bucket; purging needs versioning on it. */
  bucket: z.string().regex(/^[\w.-]{3,255}$/, bucketComplaint),
  /** What every key begins with. Default: nothing. */
  prefix: z
    .string()
    .refine((text) => !text.startsWith('/'), 'begins with a slash, which no reader expects. Leave it out.')
    .optional(),
  /** The bucket's region, as us-east-1. */
  region: z.string().min(1),
  /** `http(s)://host:port` of a store that isn't AWS. */
  endpoint: z.url({ protocol: /^https?$/, error: 'is no address. Write http://127.0.0.1:8333.' }).optional(),
  /** Whether the bucket is part of the path rather than of the host name. Default false. */
  forcePathStyle: z.boolean().optional(),
  /** A day's folder: year=2026/month=11/day=21, 2026/11/21, or dt=2026-11-21. Default hive. */
  layout: z.enum(['hive', 'plain', 'dt']).optional(),
  /** The ARN of the KMS key by which each object is encrypted (SSE-KMS). Default: as the bucket encrypts. */
  kmsKey: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)\/.+$/,
      'is no key’s ARN. Write arn:aws:kms:eu-central-1:123456789012:key/….',
    )
    .optional(),
  /** The account that owns the bucket: S3 refuses every request if another one does. Default: not looked at. */
  bucketOwner: z
    .string()
    .regex(/^\d{12}$/, 'is no account. Write its twelve digits in quotes.')
    .optional(),
  /** Whether each object is tagged with source, dataset, database, table and day; or the name of the dataset. Default false. */
  tagging: z
    .union([z.boolean(), z.strictObject({ dataset: z.string().min(1).max(256) })], {
      error: 'is neither true nor false, and names no dataset. Write true, or { dataset: core-bank }.',
    })
    .optional(),
  /** The storage class of parts: those that every reader reads at once. Default STANDARD. */
  storageClass: storageClassSchema.optional(),
  /** Whether to purge against a bucket without versioning. Default false. */
  allowUnversioned: z.boolean().optional(),
});

export const configSchema = z.strictObject({
  /** The MySQL server. */
  source: sourceSchema,
  /** Where the archive is. */
  store: storeSchema,
  schedule: z
    .strictObject({
      /** When the daily archive starts: HH:MM, UTC. Default 01:30. */
      at: z.string().regex(new RegExp(`^${clock}$`), 'is no time of day. Write UTC hours and minutes: "01:30".'),
    })
    .optional(),
  metrics: z
    .strictObject({
      /** Where Prometheus reads them, as 127.0.0.1:9464 or 0.0.0.0:9464. SEDIMENT_METRICS goes before it. Default: nowhere. */
      bind: z.string().regex(bindAddress, 'is no address and port. Write 127.0.0.1:9464.'),
    })
    .optional(),
  /** The audit that reads the archive back: when, and how many days of each table; or off. Default weekly. */
  audit: auditSchema.optional(),
  /** The drill that restores a day of each table by way of trial: into which schema, and when. Default: none. */
  drill: drillSchema,
  /** Where each day's partition is registered as it is committed. Default: nowhere. */
  catalog: catalogSchema.optional(),
  /** Keys for every table that doesn't set them itself. */
  defaults: defaultsSchema.optional(),
  /** The tables to archive; no other is touched. */
  tables: z.array(tableSchema).min(1, 'names no table. Write - table: db.table and timeColumn: created_at.'),
});

export type ConfigFile = z.infer<typeof configSchema>;
export type DefaultsFile = z.infer<typeof defaultsSchema>;
export type TableFile = z.infer<typeof tableSchema>;
