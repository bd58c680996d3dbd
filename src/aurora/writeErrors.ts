import { Stopped } from '../job/attempt.ts';
import { type Reason, s3ReasonOf, sharedReasons } from './serverReasons.ts';

/** The server couldn't write into S3, and will be able to by itself or once somebody has made room: tried again. */
export class AuroraWriteFailed extends Error {
  override readonly name: string = 'AuroraWriteFailed';
}

/** The instance's local disk, to which Aurora writes first, didn't hold the rows: fewer of them may fit. */
export class LocalDiskFull extends AuroraWriteFailed {
  override readonly name = 'LocalDiskFull';

  constructor(
    message: string,
    /** How many the statement was to write. */
    readonly rows: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The server may not write into S3, until somebody has given it a role, a grant or a key. */
export class AuroraWriteRefused extends Stopped {
  override readonly name = 'AuroraWriteRefused';
}

/** What the server was writing, as messages name it. */
export interface Writing {
  table: string;
  bucket: string;
  /** Below which its objects are. */
  folder: string;
  user: string;
  rows: number;
}

const reasons: readonly Reason<Writing>[] = [
  {
    says: /SELECT INTO S3|AWS_SELECT_S3_ACCESS/i,
    passes: false,
    remedy: ({ user }) => `GRANT AWS_SELECT_S3_ACCESS TO '${user}'@'%'`,
  },
  {
    says: /KMS/,
    passes: false,
    remedy: () => 'Give the cluster’s role kms:GenerateDataKey and kms:Decrypt on the bucket’s key, and enable the key',
  },
  {
    says: /Access ?Denied|Forbidden/i,
    passes: false,
    remedy: ({ bucket, folder }) =>
      `Give the cluster’s role s3:PutObject, s3:AbortMultipartUpload and s3:ListBucket on arn:aws:s3:::${bucket}/${folder}*, and exempt that ` +
      'folder from a bucket policy that asks for conditional writes: sediment doctor --iam prints both',
  },
  {
    says: /already exists/i,
    passes: true,
    remedy: ({ folder }) => `Something else writes below ${folder}: the next attempt writes below a folder of its own`,
  },
  ...sharedReasons,
];

/** An error of the CALL that writes a range, under its own name and with what is to be done; any other one as it is. */
export function namedWriteError(error: unknown, writing: Writing): unknown {
  const found = s3ReasonOf(error, reasons);
  if (!found) return error;
  const { text, reason } = found;
  const fact = `${writing.table}: the server couldn't write below s3://${writing.bucket}/${writing.folder} (${text})`;
  const passes = reason?.passes ?? true;
  const message = reason ? `${fact}. ${reason.remedy(writing)}` : fact;
  if (reason?.fillsDisk) return new LocalDiskFull(message, writing.rows, { cause: error });
  return passes ? new AuroraWriteFailed(message, { cause: error }) : new AuroraWriteRefused(message, { cause: error });
}
