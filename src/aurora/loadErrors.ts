import { Stopped } from '../job/attempt.ts';
import { type Reason, s3ReasonOf, sharedReasons } from './serverReasons.ts';

/** The server couldn't read from S3, and will be able to by itself: tried again. */
export class AuroraLoadFailed extends Error {
  override readonly name = 'AuroraLoadFailed';
}

/** The server may not read from S3, until somebody has given it a role, a grant or a key. */
export class AuroraLoadRefused extends Stopped {
  override readonly name = 'AuroraLoadRefused';
}

/** What the server was loading, as messages name it. */
export interface LoadedObject {
  /** The day, and the table that it was loaded into. */
  into: string;
  bucket: string;
  key: string;
  /** Below which the cluster's role has to read. */
  prefix: string;
  user: string;
}

/** What the user and the cluster's role lack is another right than for writing. */
const reasons: readonly Reason<LoadedObject>[] = [
  {
    says: /LOAD FROM S3|AWS_LOAD_S3_ACCESS/i,
    passes: false,
    remedy: ({ user }) => `GRANT AWS_LOAD_S3_ACCESS TO '${user}'@'%'`,
  },
  {
    says: /KMS/,
    passes: false,
    remedy: () => 'Give the cluster’s role kms:Decrypt on the bucket’s key, and enable the key',
  },
  {
    says: /Access ?Denied|Forbidden/i,
    passes: false,
    remedy: ({ bucket, prefix }) =>
      `Give the cluster’s role s3:GetObject and s3:GetObjectVersion on arn:aws:s3:::${bucket}/${prefix}*, and s3:ListBucket: ` +
      'sediment doctor --iam prints the policy',
  },
  ...sharedReasons,
];

/** An error of LOAD DATA FROM S3 under its own name and with what is to be done; any other one as it is. */
export function namedLoadError(error: unknown, object: LoadedObject): unknown {
  const found = s3ReasonOf(error, reasons);
  if (!found) return error;
  const { text, reason } = found;
  const fact = `${object.into}: the server couldn't load s3://${object.bucket}/${object.key} (${text})`;
  if (reason?.passes ?? true)
    return new AuroraLoadFailed(reason ? `${fact}. ${reason.remedy(object)}` : fact, { cause: error });
  return new AuroraLoadRefused(
    `${fact}. ${reason?.remedy(object)}; or write engine: stream, and the worker loads it. Nothing of it was kept`,
    { cause: error },
  );
}
