import { z } from 'zod';
import { digestName } from './digest.ts';

export const dialectName = 'mysql-csv-v1';

const storedObject = z.strictObject({
  key: z.string(),
  /** An earlier release wrote `null`, the version of a suspended versioning, as a version (pitfall P85). */
  versionId: z
    .string()
    .transform((id) => (id === 'null' ? undefined : id))
    .optional(),
  etag: z.string(),
  bytes: z.int().nonnegative(),
  crc32: z.string(),
  /** SHA-256 of the object's bytes, in hex; left out of what was written before it was recorded. */
  sha256: z.string().optional(),
});

const part = z.strictObject({
  part: z.int().nonnegative(),
  pass: z.int().positive(),
  object: storedObject,
  chunkIndex: storedObject,
  uncompressedBytes: z.int().nonnegative(),
  /** SHA-256 of the rows' CSV, in hex: of what the object unpacks to. */
  sha256: z.string(),
  rows: z.int().positive(),
  /** The XOR of its rows' digests. */
  xor: z.string(),
  chunks: z.int().positive(),
  /** How many of the manifest's columns its rows have, counted from the first: columns that came later are missing. */
  width: z.int().positive(),
  endCursor: z.array(z.string()),
});

/** What one heal did to the day; counts in rows. */
const heal = z.strictObject({
  revision: z.int().positive(),
  at: z.string(),
  reason: z.string(),
  added: z.int().nonnegative(),
  changed: z.int().nonnegative(),
  removed: z.int().nonnegative(),
  /** Keys of the objects that it replaced and that are below `_superseded/` now. */
  superseded: z.array(z.string()),
});

const newestVersion = 1;

const manifest = z.strictObject({
  manifestVersion: z.literal(newestVersion),
  tool: z.string(),
  /** Which of them the policy and the server chose when the day was committed; both write the same bytes. */
  engine: z.enum(['stream', 'aurora']),
  source: z.strictObject({
    name: z.string(),
    serverId: z.string(),
    serverVersion: z.string(),
    database: z.string(),
    table: z.string(),
    ddl: z.string(),
    ddlHash: z.string(),
  }),
  day: z.string(),
  window: z.strictObject({ start: z.string(), end: z.string() }),
  zone: z.string(),
  timeColumn: z.string(),
  primaryKey: z.array(z.string()),
  columns: z.array(
    z.strictObject({
      name: z.string(),
      dataType: z.string(),
      columnType: z.string(),
      nullable: z.boolean(),
      generated: z.boolean(),
      charset: z.string().nullable(),
      collation: z.string().nullable(),
      dropped: z.literal(true).optional(),
      formerly: z.string().optional(),
      encoding: z.enum(['bare', 'text', 'base64']),
    }),
  ),
  dialect: z.literal(dialectName),
  compression: z.enum(['gzip', 'none']),
  digest: z.literal(digestName),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  epoch: z.int().positive(),
  /** 1 for the first manifest; each heal and each further pass replaces it by the next. */
  revision: z.int().positive(),
  /** The purge's pass and cursor when this revision was written: the revision is valid for these and no others. */
  purged: z.strictObject({ pass: z.int().positive(), cursor: z.array(z.string()).nullable() }),
  /** The pass that is purged next. */
  pass: z.int().positive(),
  heals: z.array(heal),
  rows: z.int().nonnegative(),
  xor: z.string(),
  parts: z.array(part),
  /** Rows of the table that belonged to no day when this one was committed: counted, never purged. */
  undated: z.strictObject({ withoutTime: z.int().nonnegative(), outOfRange: z.int().nonnegative() }),
  verifiedAt: z.string(),
});

/** The JSON that commits a partition: written last, only after every object was read back and proved. */
export type Manifest = z.infer<typeof manifest>;
export type ManifestPart = z.infer<typeof part>;

/** The text isn't a manifest that this Sediment can read. */
export class MalformedManifest extends Error {
  override readonly name = 'MalformedManifest';
}

/**
 * @param key the object that holds it, as messages name it
 * @throws MalformedManifest
 */
export function parseManifest(text: string, key = 'the manifest'): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MalformedManifest(
      `${key} is no JSON: it is cut off, or something else wrote it. Put its newest whole version back, then go on`,
      { cause },
    );
  }
  const version = (json as { manifestVersion?: unknown } | null)?.manifestVersion;
  if (typeof version === 'number' && version > newestVersion)
    throw new MalformedManifest(
      `${key} has version ${version}, and this Sediment reads up to ${newestVersion}: use a newer Sediment`,
    );
  const parsed = manifest.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new MalformedManifest(
    `${key} isn't a manifest that this Sediment can read (${z.prettifyError(parsed.error)}): update this worker, or ` +
      'put its newest whole version back, then go on',
  );
}
