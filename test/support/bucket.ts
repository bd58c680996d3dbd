import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { ObjectStore, type StoreOptions } from '../../src/s3/store.ts';

const { s3 } = inject('stack');
process.env.AWS_ACCESS_KEY_ID = s3.accessKeyId;
process.env.AWS_SECRET_ACCESS_KEY = s3.secretAccessKey;

/** A bucket name that no other test has. */
export function freshName(): string {
  return `s3-${randomBytes(5).toString('hex')}`;
}

export function optionsOf(bucket: string): StoreOptions {
  return { bucket, region: s3.region, endpoint: s3.endpoint, forcePathStyle: true };
}

/** A bucket that keeps versions, unless told otherwise. */
export async function makeBucket(name: string, versioning = true): Promise<ObjectStore> {
  const client = new S3Client({ region: s3.region, endpoint: s3.endpoint, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }));
    if (versioning)
      await client.send(
        new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }),
      );
  } finally {
    client.destroy();
  }
  return new ObjectStore(optionsOf(name));
}

/** A bucket with Object Lock, which keeps each version for a day, or for as long as its writer says. */
export async function makeLockedBucket(name: string, byDefault = true): Promise<void> {
  const client = new S3Client({ region: s3.region, endpoint: s3.endpoint, forcePathStyle: true });
  const Rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } } as const;
  try {
    await client.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: true }));
    await client.send(
      new PutObjectLockConfigurationCommand({
        Bucket: name,
        ObjectLockConfiguration: byDefault ? { ObjectLockEnabled: 'Enabled', Rule } : { ObjectLockEnabled: 'Enabled' },
      }),
    );
  } finally {
    client.destroy();
  }
}

/** What the proxy does with the store's answer; `pass` hands it on as it is. */
export type Meddling = (
  asked: IncomingMessage,
  answer: IncomingMessage,
  out: ServerResponse,
  pass: () => void,
) => unknown;

/** A proxy before the real store that spoils answers; requests pass unchanged, the Host that was signed included. */
export async function spoiledStore(
  bucket: string,
  meddle: Meddling,
): Promise<{ store: ObjectStore; endpoint: string; close: () => Promise<void> }> {
  const { hostname, port } = new URL(s3.endpoint);
  const server = createServer((asked, out) => {
    const onward = request(
      { hostname, port, method: asked.method, path: asked.url, headers: asked.headers },
      (answer) => {
        meddle(asked, answer, out, () => {
          out.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(out);
        });
      },
    );
    onward.on('error', () => out.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = new ObjectStore({ ...optionsOf(bucket), endpoint });
  const close = () => {
    store.close();
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { store, endpoint, close };
}
