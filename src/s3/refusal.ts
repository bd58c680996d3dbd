import { S3ServiceException } from '@aws-sdk/client-s3';
import { codeOf } from '../model/error.ts';
import { AccessRefused, NoBucket, ObjectArchived, StoreRefused, StoreUnreachable } from './errors.ts';

/** The status and the code of S3's answer; both are missing if none came. */
export function answerOf(error: unknown): { status?: number; code?: string } {
  if (!(error instanceof S3ServiceException)) return {};
  const status = error.$metadata.httpStatusCode;
  return { ...(status === undefined ? {} : { status }), code: error.name };
}

/** Whether S3 says that an object, or this version of it, doesn't exist. To a HEAD it may also mean the bucket. */
export function saysMissing(error: unknown, versionId: string | undefined): boolean {
  const { status } = answerOf(error);
  // S3 answers 405 for a version id that names a delete marker; without an id, 405 comes from something that isn't S3.
  return status === 404 || (status === 405 && versionId !== undefined);
}

/** What a request was for. */
interface Request {
  bucket: string;
  /** The endpoint, or the region. */
  address: string;
  input: object;
}

/** A named error for a refusal or a missing answer; any other error as it is. */
export function named(error: unknown, { bucket, address, input }: Request): unknown {
  if (error instanceof StoreRefused) return error;
  const { status, code } = answerOf(error);
  // A 403 that no right mends.
  if (code === 'InvalidObjectState')
    return new ObjectArchived(bucket, 'Key' in input ? String(input.Key) : '', { cause: error });
  if (code === 'NoSuchBucket') return new NoBucket(bucket, { cause: error });
  // CompleteMultipartUpload may deny access with a status of 200.
  if (status === 403 || status === 401 || code === 'AccessDenied')
    return new AccessRefused(bucket, code ?? String(status), { cause: error });
  if (error instanceof Error && error.name === 'CredentialsProviderError')
    return new AccessRefused(bucket, 'no credentials found', { cause: error });
  if (isConnection(error)) return new StoreUnreachable(address, reasonOf(error), { cause: error });
  return error;
}

const connectionCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
];

function isConnection(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error.name === 'TimeoutError' || connectionCodes.includes(codeOf(error) ?? '');
}

/** An AggregateError (both address families refused) has an empty message. */
function reasonOf(error: Error): string {
  return error.message || codeOf(error) || error.name;
}
