import { HeadObjectCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { versionOf } from './versionId.ts';

/** Which version; without an id the newest. */
export interface VersionName {
  key: string;
  versionId?: string | undefined;
}

/** A version of an object, or a mark that it was deleted. */
export interface ObjectVersion {
  key: string;
  /** Undefined: the one that a bucket without versions has. */
  versionId: string | undefined;
  isLatest: boolean;
  isDeleteMarker: boolean;
}

/** Every version below a prefix, deletion marks too. */
export async function* listVersions(client: S3Client, bucket: string, prefix: string): AsyncGenerator<ObjectVersion> {
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (marker) {
    const page: Awaited<ReturnType<typeof ask>> = await ask(client, { Bucket: bucket, Prefix: prefix, ...marker });
    for (const each of page.Versions ?? []) yield found(each, false);
    for (const each of page.DeleteMarkers ?? []) yield found(each, true);
    marker = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  }
}

function ask(client: S3Client, input: ConstructorParameters<typeof ListObjectVersionsCommand>[0]) {
  return client.send(new ListObjectVersionsCommand(input));
}

function found(
  each: { Key?: string | undefined; VersionId?: string | undefined; IsLatest?: boolean | undefined },
  isDeleteMarker: boolean,
): ObjectVersion {
  return {
    key: String(each.Key),
    versionId: versionOf(each.VersionId),
    isLatest: each.IsLatest === true,
    isDeleteMarker,
  };
}

/** Until when a version can't be deleted, ISO 8601, or `a legal hold`; undefined where it can. */
export async function lockOf(
  client: S3Client,
  bucket: string,
  { key, versionId }: VersionName,
): Promise<string | undefined> {
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  if (head.ObjectLockLegalHoldStatus === 'ON') return 'a legal hold';
  return head.ObjectLockRetainUntilDate?.toISOString();
}
