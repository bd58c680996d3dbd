import { S3ServiceException } from '@aws-sdk/client-s3';
import { codeOf, messageOf } from '../model/error.ts';
import {
  AccessRefused,
  NoBucket,
  NoStoreThere,
  ObjectArchived,
  StoreFailed,
  StoreLacks,
  StoreRefused,
  StoreUnreachable,
  WrongRegion,
} from './errors.ts';

/** The status and the code of S3's answer; both are missing if none came, and the code where the answer has no body, as to a HEAD. */
export function answerOf(error: unknown): { status?: number | undefined; code?: string | undefined } {
  if (!(error instanceof S3ServiceException)) return {};
  const code = withoutCode.test(error.name) ? undefined : error.name;
  return { status: error.$metadata.httpStatusCode, code };
}

/** What the client calls an answer that has no code of S3's. */
const withoutCode = /^(Unknown\w*|\d+)$/;

/** The region that S3 names: in the answer's XML, else in its header. */
function regionOf(error: unknown): string | undefined {
  if (!(error instanceof S3ServiceException)) return undefined;
  if ('Region' in error && typeof error.Region === 'string') return error.Region;
  const header: unknown = error.$response?.headers['x-amz-bucket-region'];
  return typeof header === 'string' ? header : undefined;
}

const otherRegion = ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'];

function isElsewhere(error: unknown, request: Request): boolean {
  const { status, code } = answerOf(error);
  const region = regionOf(error);
  if (region !== undefined && region !== request.region && (status === 301 || status === 400)) return true;
  return status === 301 || (code !== undefined && otherRegion.includes(code));
}

/** Whether a look with a body may say more: the answer was a refusal, and had no code. */
export function saysTooLittle(error: unknown): boolean {
  const { status, code } = answerOf(error);
  return code === undefined && status !== undefined && [301, 307, 400, 401, 403].includes(status);
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
  region: string;
  /** The request, as `PutObjectCommand`. */
  command: string;
  input: object;
}

/** A named error for a refusal or a missing answer; any other error as it is. */
export function named(error: unknown, request: Request): unknown {
  const { bucket, address, input } = request;
  if (error instanceof StoreRefused) return error;
  const { status, code } = answerOf(error);
  // A 403 that no right mends.
  if (code === 'InvalidObjectState')
    return new ObjectArchived(bucket, 'Key' in input ? String(input.Key) : '', { cause: error });
  if (code === 'NoSuchBucket') return new NoBucket(bucket, { cause: error });
  if (isElsewhere(error, request)) return new WrongRegion(bucket, regionOf(error), address, { cause: error });
  if (status === 501 && !mayBeLacking(request))
    return new StoreLacks(address, request.command.replace(/Command$/, ''), wordsOf(error), { cause: error });
  if (code !== undefined && refusals.includes(code)) return new AccessRefused(bucket, code, { cause: error });
  // CompleteMultipartUpload may deny access with a status of 200.
  if (status === 403 || status === 401 || code === 'AccessDenied')
    return new AccessRefused(bucket, code ?? String(status), { cause: error });
  if (error instanceof Error && error.name === 'CredentialsProviderError')
    return new AccessRefused(bucket, 'no credentials found', { cause: error });
  if (code === undefined && status !== undefined && ownFailures.includes(status))
    return new StoreFailed(address, status, request.command.replace(/Command$/, ''), { cause: error });
  if (isConnection(error)) return new StoreUnreachable(address, reasonOf(error), { cause: error });
  const says = protocolFault(error);
  if (says) return new NoStoreThere(address, says, { cause: error });
  // S3's own text doesn't say which object it is.
  if (code === 'NoSuchVersion' && error instanceof Error && 'Key' in input)
    error.message = `${input.Key} is gone (${error.message}); put it back from its versions or from a copy`;
  return error;
}

/** Failures of the store, where its answer has no code. */
const ownFailures = [500, 502, 503, 504];

/** Refusals that come with a status of 400. */
const refusals = ['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired'];

/** A condition that isn't known is found out by the probe, and lifecycle rules that aren't known are none. */
function mayBeLacking({ command, input }: Request): boolean {
  return command === 'GetBucketLifecycleConfigurationCommand' || 'IfNoneMatch' in input || 'IfMatch' in input;
}

/** `NotImplemented: A header you provided implies functionality that is not implemented` */
export function wordsOf(error: unknown): string {
  const { code, status } = answerOf(error);
  const message = error instanceof Error && !withoutCode.test(error.message) ? error.message : '';
  return [code ?? status, message].filter(Boolean).join(': ');
}

/** What to do about an answer that nothing else is known of. */
export function remedyOf(error: unknown): string {
  const { status } = answerOf(error);
  if (status === undefined || status >= 500) return 'try again, then look at it';
  // S3 takes every method that the client sends.
  return status === 405 ? 'look at store.endpoint and its keys' : 'look at store and its keys';
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

/** How what answers there speaks otherwise than the endpoint says; undefined of any other fault. */
function protocolFault(error: unknown): string | undefined {
  const code = codeOf(error) ?? '';
  // OpenSSL's own text is several numbers, and ends in a new line.
  if (code === 'EPROTO') return 'what answers there speaks no TLS: write http://, or another port';
  if (code.startsWith('HPE_')) return `what answers there speaks no HTTP: ${messageOf(error)}`;
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return `its certificate isn't trusted (${code}): name its authority in NODE_EXTRA_CA_CERTS, or use the name that it is for`;
  return undefined;
}

/** An AggregateError (both address families refused) has an empty message. */
function reasonOf(error: Error): string {
  return error.message || codeOf(error) || error.name;
}
