import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { escape as literal } from 'mysql2';
import { AuroraError, s3Error, type WriteSettings } from './outfiles.ts';

/** A LOAD DATA FROM S3 by Aurora's grammar (page AuroraMySQL.Integrating.LoadFromS3, "Syntax"). */
export interface Load {
  bucket: string;
  key: string;
  /** Behind the URI: `INTO TABLE …`, with REPLACE or IGNORE before it. */
  rest: string;
}

const syntax = {
  errno: 1064,
  state: '42000',
  message: 'You have an error in your SQL syntax; check the manual for LOAD DATA FROM S3',
};

/** Whether a statement loads from S3, well formed or not. */
export function loadsFromS3(sql: string): boolean {
  return /^\s*LOAD\s+DATA\b.{0,40}\bS3\b/is.test(sql);
}

const grammar = new RegExp(
  String.raw`^\s*LOAD\s+DATA(?<from>\s+FROM)?\s+S3(?:\s+(?<kind>FILE|PREFIX|MANIFEST))?\s+` +
    String.raw`'s3(?:-[a-z]{2}(?:-[a-z]+)+-[0-9])?://(?<bucket>[a-z0-9.-]{3,63})/(?<key>[^']+)'\s+` +
    String.raw`(?<rest>(?:(?:REPLACE|IGNORE)\s+)?INTO\s+TABLE\s.+)$`,
  'is',
);

/** @throws AuroraError for what isn't Aurora's grammar, LOCAL among it, and for the kinds that the stand-in doesn't load */
export function parseLoad(sql: string, version: string): Load {
  const { from, kind = 'FILE', bucket, key, rest } = grammar.exec(sql)?.groups ?? {};
  const [major = 0, minor = 0] = version.split('.').map(Number);
  // FROM may be left out since 3.05 (the same page, "Parameters").
  const fromless = major > 3 || (major === 3 && minor >= 5);
  if (!bucket || !key || !rest || (!from && !fromless)) throw new AuroraError(syntax);
  if (kind.toUpperCase() !== 'FILE')
    throw new AuroraError({ errno: 1105, state: 'HY000', message: `the stand-in loads FILE only, and not ${kind}` });
  return { bucket, key, rest };
}

/** Without the role active (version 3; "Granting privileges to load data"). */
export const loadDenied = {
  errno: 1227,
  state: '42000',
  message: 'Access denied; you need (at least one of) the LOAD FROM S3 privilege(s) for this operation',
};

/**
 * Puts the object on the server's disk, as Aurora does first. @returns the file, and the statement that loads it
 * @throws AuroraError
 */
export async function fetchLoad(
  client: S3Client,
  version: string,
  { bucket, key, rest }: Load,
  { settings, folder }: { settings: WriteSettings; folder: string },
): Promise<{ file: string; sql: string }> {
  if (settings.defaultRole === '')
    throw s3Error(
      version,
      'S3 API returned error: Both aurora_load_from_s3_role and aws_default_s3_role are not specified, please see documentation for more details',
    );
  if (settings.refusal === 'no route') throw s3Error(version, 'S3 API returned error: Network Connection');
  if (settings.refusal) throw s3Error(version, `S3 API returned error: ${settings.refusal}:Access Denied`);
  const file = join(folder, `aurora-load-${crypto.randomUUID()}`);
  try {
    // By name: the statement knows no version.
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    writeFileSync(file, (await Body?.transformToByteArray()) ?? '');
  } catch (error) {
    if (error instanceof S3ServiceException)
      throw s3Error(version, `S3 API returned error: ${error.name}:${error.message}`);
    throw error;
  }
  return { file, sql: `LOAD DATA INFILE ${literal(file)} ${rest}` };
}
