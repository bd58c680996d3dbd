import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const connectionMillis = 5_000;
const requestMillis = 60_000;

export interface ClientOptions {
  region: string;
  /** Left out on AWS. */
  endpoint?: string | undefined;
  forcePathStyle?: boolean | undefined;
}

/** An S3 client that tries a request five times, and gives up on one without an answer after a minute. */
export function makeClient({ region, endpoint, forcePathStyle = false }: ClientOptions): S3Client {
  return new S3Client({
    region,
    ...(endpoint ? { endpoint } : {}),
    forcePathStyle,
    maxAttempts: 5,
    retryMode: 'standard',
    requestHandler: new NodeHttpHandler({
      connectionTimeout: connectionMillis,
      requestTimeout: requestMillis,
      // Without it the client only logs a warning and goes on waiting.
      throwOnRequestTimeout: true,
      // For a body that stalls after its headers.
      socketTimeout: requestMillis,
    }),
  });
}
