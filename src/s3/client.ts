import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type RequestOptions, withOptions } from './requestOptions.ts';

const connectionMillis = 5_000;
const requestMillis = 60_000;

export interface ClientOptions extends RequestOptions {
  region: string;
  /** Left out on AWS. */
  endpoint?: string | undefined;
  forcePathStyle?: boolean | undefined;
}

/** An S3 client that tries a request five times, and gives up on one without an answer after a minute. */
export function makeClient(options: ClientOptions): S3Client {
  const { region, endpoint, forcePathStyle = false } = options;
  const client = new S3Client({
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
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (request) =>
        next({ ...request, input: withOptions(commandName, request.input, options) }),
    { step: 'initialize', name: 'requestOptions' },
  );
  return client;
}
