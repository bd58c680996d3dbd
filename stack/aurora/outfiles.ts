import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { SqlError } from './packets.ts';

/** A file that a statement has written, and where it goes. */
export interface Outfile {
  uri: string;
  file: string;
  manifest: number;
  overwrite: number;
}

/** How the writing to S3 goes. A test changes it while the front runs. */
export interface WriteSettings {
  /** Bytes at which the next object begins; Aurora's are 6 GB. Rows stay whole. */
  objectBytes: number;
  /** Bytes that the instance's local disk holds. */
  diskBytes: number;
  /** The cluster's role in its parameter; empty: none. */
  defaultRole: string;
  /** What S3 answers the cluster's role with in place of taking an object: AccessDenied, KMS.DisabledException, or no route. */
  refusal: string | undefined;
  /** The statement fails after so many objects, which stay. */
  failAfter: number | undefined;
  /** Whether a statement without a row writes an empty object; the documentation doesn't say. */
  emptyObject: boolean;
}

/** Thrown to the client as the server's own error. */
export class AuroraError extends Error {
  override readonly name = 'AuroraError';
  constructor(readonly sql: SqlError) {
    super(sql.message);
  }
}

/** The number is another by version, the text isn't: 1871 in version 2, 63985 in version 3. */
export function s3Error(version: string, message: string): AuroraError {
  return new AuroraError({ errno: version.startsWith('2.') ? 1871 : 63985, state: 'HY000', message });
}

/** Puts what statements have written into S3, as Aurora does before it answers. @throws AuroraError; parts that are written stay */
export async function putOutfiles(
  client: S3Client,
  version: string,
  files: readonly Outfile[],
  settings: WriteSettings,
): Promise<void> {
  try {
    for (const each of files) await putOutfile(client, version, each, settings);
  } finally {
    for (const { file } of files) rmSync(file, { force: true });
  }
}

async function putOutfile(
  client: S3Client,
  version: string,
  { uri, file, manifest, overwrite }: Outfile,
  settings: WriteSettings,
): Promise<void> {
  const [, bucket = '', prefix = ''] = /^s3[a-z0-9-]*:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  const bytes = statSync(file).size;
  if (bytes > settings.diskBytes)
    throw new AuroraError({
      errno: 3,
      state: 'HY000',
      message: `Error writing file '${file}' (OS errno 28 - No space left on device)`,
    });
  if (settings.defaultRole === '')
    throw s3Error(
      version,
      'S3 API returned error: Both aurora_select_into_s3_role and aws_default_s3_role are not specified, please see documentation for more details',
    );
  if (settings.refusal === 'no route') throw s3Error(version, 'S3 API returned error: Network Connection');
  if (settings.refusal) throw s3Error(version, `S3 API returned error: ${settings.refusal}:Access Denied`);
  try {
    // OVERWRITE matches by prefix (page SaveIntoS3, "Parameters").
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    if (Contents.length > 0 && !overwrite)
      throw s3Error(version, `S3 API returned error: The file prefix ${prefix} already exists`);
    for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    if (bytes === 0 && !settings.emptyObject) return;
    let number = 0;
    for (const body of piecesOf(file, bytes, settings.objectBytes)) {
      if (settings.failAfter !== undefined && number >= settings.failAfter)
        throw s3Error(version, 'S3 API returned error: InternalError:We encountered an internal error');
      const key = `${prefix}.part_${String(number++).padStart(5, '0')}`;
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    }
    if (manifest)
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}.manifest`, Body: '{"entries":[]}' }));
  } catch (error) {
    if (error instanceof S3ServiceException)
      throw s3Error(version, `S3 API returned error: ${error.name}:${error.message}`);
    throw error;
  }
}

/** The file in pieces that end with a row. */
function* piecesOf(file: string, bytes: number, pieceBytes: number): Generator<Buffer> {
  if (bytes === 0) yield Buffer.alloc(0);
  const descriptor = openSync(file, 'r');
  try {
    let rest = Buffer.alloc(0);
    for (let at = 0; at < bytes; ) {
      const piece = Buffer.alloc(Math.min(pieceBytes, bytes - at));
      at += readSync(descriptor, piece, 0, piece.length, at);
      const whole = Buffer.concat([rest, piece]);
      const end = at >= bytes ? whole.length : whole.lastIndexOf(0x0a) + 1;
      if (end > 0) yield whole.subarray(0, end);
      rest = whole.subarray(end);
    }
  } finally {
    closeSync(descriptor);
  }
}
