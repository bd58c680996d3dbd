import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { makeClient } from '../../../src/s3/client.ts';
import { AccessRefused, NoBucket, StoreUnreachable } from '../../../src/s3/errors.ts';
import { probeBucket } from '../../../src/s3/probe.ts';
import { ObjectStore } from '../../../src/s3/store.ts';
import { freshName, makeBucket, optionsOf, spoiledStore } from '../../support/bucket.ts';

const bucket = freshName();
let store: ObjectStore;

beforeAll(async () => {
  store = await makeBucket(bucket);
});
afterAll(() => store.close());
afterEach(() => vi.unstubAllEnvs());

test('a missing object is undefined; refused credentials throw and are never taken for a missing object (P13)', async () => {
  expect(await store.head('missing')).toBeUndefined();
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
  const stranger = new ObjectStore(optionsOf(bucket));
  await expect(stranger.head('missing')).rejects.toBeInstanceOf(AccessRefused);
  await expect(stranger.list('')).rejects.toBeInstanceOf(AccessRefused);
  await expect(stranger.probe()).rejects.toThrow(`access to bucket ${bucket} was refused`);
  stranger.close();
});

test('a wrong secret and an unknown key id are told apart, each with what to mend', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
  const wrongSecret = new ObjectStore(optionsOf(bucket));
  await expect(wrongSecret.head('missing')).rejects.toThrow(/\(SignatureDoesNotMatch\); .+ mend AWS_SECRET_ACCESS_KEY/);
  wrongSecret.close();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody');
  const wrongId = new ObjectStore(optionsOf(bucket));
  await expect(wrongId.head('missing')).rejects.toThrow(/\(InvalidAccessKeyId\); .+ mend AWS_ACCESS_KEY_ID/);
  wrongId.close();
});

test('a missing bucket is named, and its objects are not just missing', async () => {
  const name = freshName();
  const nowhere = new ObjectStore(optionsOf(name));
  await expect(nowhere.probe()).rejects.toMatchObject({ name: 'NoBucket', bucket: name });
  await expect(nowhere.head('missing')).rejects.toBeInstanceOf(NoBucket);
  await expect(nowhere.list('')).rejects.toBeInstanceOf(NoBucket);
  nowhere.close();
});

test('a store that is not there is unreachable', async () => {
  const { store: gone, close } = await spoiledStore(bucket, (_asked, _answer, _out, pass) => pass());
  await close();
  await expect(gone.probe()).rejects.toBeInstanceOf(StoreUnreachable);
});

test('a probe proves conditional writes, says whether versions are kept, and leaves nothing behind', async () => {
  const prefixed = new ObjectStore({ ...optionsOf(bucket), prefix: 'archive' });
  expect(await prefixed.probe()).toEqual({ versioning: true, conditionalWrites: true });
  prefixed.close();
  expect(await store.list('')).toEqual([]);
  expect(await store.listUploads('')).toEqual([]);
  const plain = await makeBucket(freshName(), false);
  expect(await plain.probe()).toEqual({ versioning: false, conditionalWrites: true });
  expect(await plain.list('')).toEqual([]);
  plain.close();
});

test('a probe removes what one that died has left, and not what another has just written', async () => {
  const left = '_staging/_probe-0123456789abcdef';
  await store.putNew(left, Buffer.from('sediment: may be removed\n'));
  await store.probe();
  expect(await store.list('')).toEqual([left]);
  const client = makeClient(optionsOf(bucket));
  await probeBucket(client, store, '', 0);
  client.destroy();
  expect(await store.list('')).toEqual([]);
  const versions = [];
  for await (const version of store.versions('_staging/')) versions.push(version);
  expect(versions).toEqual([]);
});

test('a store that takes If-None-Match and ignores it is found out', async () => {
  const { store: lax, close } = await spoiledStore(bucket, async (asked, answer, out, pass) => {
    if (answer.statusCode !== 412) return pass();
    // The second completion is answered as if it had been carried out.
    answer.resume();
    const key = new URL(String(asked.url), 'http://store').pathname.slice(`/${bucket}/`.length);
    const head = await store.head(key);
    out.writeHead(200, { 'content-type': 'application/xml', 'x-amz-version-id': head?.versionId });
    out.end(`<CompleteMultipartUploadResult><ETag>${head?.etag}</ETag></CompleteMultipartUploadResult>`);
  });
  expect(await lax.probe()).toEqual({ versioning: true, conditionalWrites: false });
  expect(await store.list('')).toEqual([]);
  await close();
});
