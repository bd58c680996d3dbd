import { rootPrefix } from '../../archive/keys.ts';
import type { Config } from '../../config/load.ts';

/** A statement of an IAM policy. */
interface Statement {
  Sid: string;
  Effect: 'Allow';
  Action: readonly string[];
  Resource: string;
  Condition?: Record<string, Record<string, string | readonly string[]>>;
}

/** A policy, and whose role it is for. */
export interface NamedPolicy {
  role: 'worker' | 'cluster';
  /** What it is for, in words. */
  purpose: string;
  document: { Version: '2012-10-17'; Statement: readonly Statement[] };
}

/**
 * The least rights for this config: the worker's role on bucket, key and secret; an Aurora cluster's role on the staging
 * folder and, where it may load them, the parts. Pure.
 */
export function iamPolicies({ source, store, tables }: Pick<Config, 'source' | 'store' | 'tables'>): NamedPolicy[] {
  const partition = store.region.startsWith('cn-')
    ? 'aws-cn'
    : store.region.startsWith('us-gov-')
      ? 'aws-us-gov'
      : 'aws';
  const bucket = `arn:${partition}:s3:::${store.bucket}`;
  const root = rootPrefix(store.prefix);
  const locks = tables.some(({ archive }) => archive?.lock !== undefined);
  const expires = tables.some(({ archive }) => archive?.expire !== undefined);
  const worker: Statement[] = [
    {
      Sid: 'Bucket',
      Effect: 'Allow',
      Action: [
        's3:GetBucketVersioning',
        's3:GetLifecycleConfiguration',
        's3:ListBucketMultipartUploads',
        's3:ListBucket',
        's3:GetBucketObjectLockConfiguration',
        ...(expires ? ['s3:ListBucketVersions'] : []),
      ],
      Resource: bucket,
    },
    {
      Sid: 'Archive',
      Effect: 'Allow',
      Action: [
        's3:GetObject',
        's3:GetObjectVersion',
        's3:PutObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
        ...(locks ? ['s3:PutObjectRetention'] : []),
        ...(expires ? ['s3:DeleteObjectVersion', 's3:GetObjectRetention', 's3:GetObjectLegalHold'] : []),
        ...(store.tagging ? ['s3:PutObjectTagging'] : []),
      ],
      Resource: `${bucket}/${root}*`,
    },
    { Sid: 'Staging', Effect: 'Allow', Action: ['s3:DeleteObjectVersion'], Resource: `${bucket}/${root}_staging/*` },
  ];
  const keyed: Statement[] = store.kmsKey
    ? [{ Sid: 'Key', Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: store.kmsKey }]
    : [];
  const { login } = source;
  if (login?.kind === 'secret')
    worker.push({ Sid: 'Secret', Effect: 'Allow', Action: ['secretsmanager:GetSecretValue'], Resource: login.arn });
  if (login?.kind === 'iam')
    worker.push({
      Sid: 'Connect',
      Effect: 'Allow',
      Action: ['rds-db:connect'],
      Resource: `arn:${partition}:rds-db:${login.region}:*:dbuser:*/${source.user}`,
    });
  const policies: NamedPolicy[] = [
    {
      role: 'worker',
      purpose: 'the role that sediment worker and the commands run under',
      document: { Version: '2012-10-17', Statement: [...worker, ...keyed] },
    },
  ];
  if (tables.every(({ engine }) => engine === 'stream')) return policies;
  const cluster: Statement[] = [
    {
      Sid: 'Write',
      Effect: 'Allow',
      Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:GetObject'],
      Resource: `${bucket}/${root}_staging/aurora/*`,
    },
    {
      Sid: 'List',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: bucket,
      Condition: { StringLike: { 's3:prefix': `${root}_staging/aurora/*` } },
    },
  ];
  // Aurora loads what isn't compressed by itself (page AuroraMySQL.Integrating.LoadFromS3).
  if (tables.some(({ engine, compression }) => engine !== 'stream' && compression === 'none'))
    cluster.push(
      {
        Sid: 'Restore',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: `${bucket}/${root}*`,
      },
      {
        Sid: 'ListArchive',
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: bucket,
        Condition: { StringLike: { 's3:prefix': `${root}*` } },
      },
    );
  policies.push({
    role: 'cluster',
    purpose: 'the role of an Aurora cluster that writes into S3 itself, for its parameter aws_default_s3_role',
    document: { Version: '2012-10-17', Statement: [...cluster, ...keyed] },
  });
  return policies;
}

/** Each policy as aws iam put-role-policy takes it, behind a line that says whose it is. */
export function iamLines(policies: readonly NamedPolicy[]): string[] {
  return policies.flatMap(({ role, purpose, document }) => [
    `# ${role}: ${purpose}`,
    JSON.stringify(document, null, 2),
  ]);
}
