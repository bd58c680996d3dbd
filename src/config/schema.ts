import { z } from 'zod';
import { parseDay } from '../archive/day.ts';
import { parseRetention } from '../archive/duration.ts';

function checked(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });
}

const zone = checked((text) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
  } catch {
    throw new Error(`"${text}" is no time zone. Write an IANA name such as Europe/Berlin or UTC.`);
  }
});

const tableName = /^(`[^`]+`|[^.`]+)\.(`[^`]+`|[^.`]+)$/;

const policyFields = {
  /** How long rows stay in MySQL: ISO 8601, in whole days. */
  retention: checked(parseRetention).optional(),
  /** The zone whose midnights bound a day. */
  zone: zone.optional(),
  purge: z.enum(['enabled', 'disabled']).optional(),
  /** `UTC` where a DATETIME column holds UTC rather than wall time in `zone`. */
  datetimeZone: z.literal('UTC').optional(),
  /** What a bigint time column counts. */
  epoch: z.enum(['seconds', 'milliseconds']).optional(),
  compression: z.enum(['gzip', 'none']).optional(),
  /** Rows a chunk: the unit of proof. */
  chunkRows: z.int().min(1).max(100_000).optional(),
  /** Size of an object at which the next one begins, in bytes. */
  partBytes: z.int().min(1).optional(),
  /** A fuse: rows that a UTC day may see deleted; 0 for none. */
  maxRowsPerDay: z.int().nonnegative().optional(),
  /** Rows a second that the purge doesn't go above; 0 for no limit. */
  maxRowsPerSecond: z.int().nonnegative().optional(),
};

export const configSchema = z.strictObject({
  source: z.strictObject({
    name: z.string().regex(/^[a-z0-9-]+$/, 'a name is made of a–z, 0–9 and -'),
    url: checked((text) => {
      if (new URL(text).protocol !== 'mysql:') throw new Error('write mysql://user@host:3306');
    }),
    password: z.string().optional(),
    passwordFile: z.string().optional(),
    /** A CA file; `off` for no TLS. Left out: verified TLS, none on the loopback. */
    tls: z.union([z.literal('off'), z.strictObject({ ca: z.string() })]).optional(),
    /** The schema of Sediment's own tables. */
    ledger: z.string().optional(),
  }),
  store: z.strictObject({
    bucket: z.string().min(3),
    prefix: z.string().optional(),
    region: z.string(),
    endpoint: z.url().optional(),
    forcePathStyle: z.boolean().optional(),
    layout: z.enum(['hive', 'plain', 'dt']).optional(),
    /** Purge against a bucket that keeps no versions. */
    allowUnversioned: z.boolean().optional(),
  }),
  /** When the daily archive starts, UTC. */
  schedule: z
    .strictObject({ at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write UTC hours and minutes: "01:30"') })
    .optional(),
  defaults: z.strictObject(policyFields).optional(),
  tables: z
    .array(
      z.strictObject({
        table: z.string().regex(tableName, 'write db.table, parts that hold a dot in backticks'),
        timeColumn: z.string().min(1),
        /** Left out: the day of the oldest row. */
        firstDay: checked(parseDay).optional(),
        allowTriggers: z.array(z.string()).optional(),
        allowCascade: z.array(z.string()).optional(),
        ...policyFields,
      }),
    )
    .min(1),
});

export type ConfigFile = z.infer<typeof configSchema>;
