import { messageOf } from '../model/error.ts';
import { errnoOf } from '../mysql/errors.ts';

/** Why a server could not use S3, and what is to be done. */
export interface Reason<Work> {
  /** In the server's own words, because the number differs by version (1871, 1815, 63985). */
  says: RegExp;
  /** Whether it passes by itself. */
  passes: boolean;
  /** Whether fewer rows may pass. */
  fillsDisk?: true;
  remedy(work: Work): string;
}

/** What is the same of writing and of loading. */
export const sharedReasons: readonly Reason<unknown>[] = [
  {
    says: /role.* not specified/i,
    passes: false,
    remedy: () =>
      'Write the role’s ARN into the cluster parameter aws_default_s3_role: aws rds modify-db-cluster-parameter-group ' +
      '--db-cluster-parameter-group-name GROUP --parameters ParameterName=aws_default_s3_role,ParameterValue=ARN,ApplyMethod=pending-reboot',
  },
  {
    says: /Missing Credentials|Unable to initialize S3Stream|Cannot instantiate S3/i,
    passes: false,
    remedy: () =>
      'Give the cluster the role: aws rds add-role-to-db-cluster --db-cluster-identifier CLUSTER --role-arn ARN',
  },
  {
    says: /Network|time-?d? ?out|resolve host|Unable to connect/i,
    passes: true,
    remedy: () =>
      'The server has no route to S3: give its subnets a gateway endpoint for S3 (aws ec2 create-vpc-endpoint), and let its security group out',
  },
  {
    says: /No space left|errno: 28|is full/i,
    passes: true,
    fillsDisk: true,
    remedy: () =>
      'The instance’s local disk is full, which temporary tables and logs share: look at FreeLocalStorage in CloudWatch, take a ' +
      'larger instance class, or write engine: stream',
  },
];

/** What the server says of S3, and why, where that is known; undefined where the error isn't about S3. */
export function s3ReasonOf<Work>(
  error: unknown,
  reasons: readonly Reason<Work>[],
): { text: string; reason: Reason<Work> | undefined } | undefined {
  if (errnoOf(error) === undefined) return undefined;
  const text = messageOf(error);
  const reason = reasons.find(({ says }) => says.test(text));
  return reason || /S3 API returned error/i.test(text) ? { text, reason } : undefined;
}
