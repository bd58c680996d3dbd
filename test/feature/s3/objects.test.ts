import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conflict, KeyExists, ObjectDamaged, ObjectTruncated } from '../../../src/s3/errors.ts';
import { ObjectStore } from '../../../src/s3/store.ts';
import type { ObjectHead } from '../../../src/s3/storedObject.ts';
import { freshName, makeBucket, optionsOf, spoiledStore } from '../../support/bucket.ts';

const bucket = freshName();
let store: ObjectStore;

beforeAll(async () => {
  store = await makeBucket(bucket);
});
afterAll(() => store.close());

describe('a copy', () => {
  test('of an object that is larger than one request copies goes in ranges: the same bytes, of that version, once (P93)', async () => {
    const small = new ObjectStore({ ...optionsOf(bucket), copyBytes: 5 << 20 });
    const body = randomBytes(12_000_000);
    const stored = await store.putNew('copy/large', body);
    // What readers see by now is another.
    await store.replace('copy/large', Buffer.from('newer'), { etag: stored.etag });
    const from = { key: 'copy/large', versionId: stored.versionId, bytes: body.length };
    await small.copy(from, 'copy/to');
    expect((await store.read('copy/to')).equals(body)).toBe(true);
    expect((await store.head('copy/to'))?.etag).toMatch(/-3"$/);
    await expect(small.copy(from, 'copy/to')).rejects.toBeInstanceOf(KeyExists);
    expect(await store.listUploads('copy/')).toEqual([]);
    small.close();
  });

  test('of a small object is one request', async () => {
    await store.putNew('copy/small', Buffer.from('small'));
    await store.copy({ key: 'copy/small', bytes: 5 }, 'copy/small2');
    expect((await store.read('copy/small2')).toString()).toBe('small');
  });
});

describe('an upload', () => {
  test('of 20 MB in several parts reads back equal by its version, whole, by range and in a listing', async () => {
    const body = randomBytes(20_000_000);
    const upload = await store.createUpload('several/parts', 'text/csv', 5 << 20);
    for (let at = 0; at < body.length; at += 300_000) await upload.write(body.subarray(at, at + 300_000));
    const stored = await upload.complete();
    expect(stored.etag).toMatch(/-4"$/);
    expect(stored.versionId).toBeTruthy();
    expect(Buffer.from(stored.crc32, 'base64').readUInt32BE()).toBe(crc32(body));
    expect(stored.sha256).toBe(createHash('sha256').update(body).digest('hex'));
    expect(await store.head('several/parts')).toMatchObject({ bytes: body.length, versionId: stored.versionId });
    const { versionId } = stored;
    expect((await store.read('several/parts', { versionId })).equals(body)).toBe(true);
    const range = { start: 5_242_000, end: 5_243_999 };
    expect((await store.read('several/parts', { versionId, range })).equals(body.subarray(5_242_000, 5_244_000))).toBe(
      true,
    );
    expect(await store.listObjects('several/')).toMatchObject([{ key: 'several/parts', bytes: body.length }]);
    expect(await store.listUploads('several/')).toEqual([]);
  });

  test('of objects that lie in the bucket is their bytes one behind the other, in ranges, under the CRC of what was read', async () => {
    const small = new ObjectStore({ ...optionsOf(bucket), copyBytes: 6 << 20 });
    const [one, two] = [randomBytes(16_000_000), randomBytes(1_000)];
    const from = [];
    for (const [number, body] of [one, two].entries()) {
      await small.putNew(`copied/from${number}`, body);
      from.push((await small.head(`copied/from${number}`)) as ObjectHead);
    }
    const upload = await small.createUpload('copied/to', 'text/csv');
    upload.count(one);
    upload.count(two);
    await upload.copy(from);
    const stored = await upload.complete();
    expect(stored.etag).toMatch(/-4"$/);
    expect(Buffer.from(stored.crc32, 'base64').readUInt32BE()).toBe(crc32(two, crc32(one)));
    expect((await small.read('copied/to', stored.versionId)).equals(Buffer.concat([one, two]))).toBe(true);
    const again = await small.createUpload('copied/to', 'text/csv');
    again.count(two);
    await again.copy(from.slice(1));
    await expect(again.complete()).rejects.toBeInstanceOf(KeyExists);
    await again.abort();
    small.close();
  });

  test('of an object that was replaced since it was read, or that is longer than what was read, is refused', async () => {
    const first = await store.putNew('moved/from', Buffer.from('first'));
    await store.replace('moved/from', Buffer.from('other'), { etag: first.etag });
    const upload = await store.createUpload('moved/to', 'text/csv');
    upload.count(Buffer.from('first'));
    const { key, etag } = first;
    await expect(upload.copy([{ key, etag, bytes: 5 }])).rejects.toBeInstanceOf(ObjectDamaged);
    await expect(upload.copy([{ key, etag, bytes: 6 }])).rejects.toBeInstanceOf(ObjectDamaged);
    await upload.abort();
  });

  test('completed second on the same key is KeyExists, and the first stands', async () => {
    const [first, second] = [await store.createUpload('twice'), await store.createUpload('twice')];
    await first.write(Buffer.from('first'));
    await second.write(Buffer.from('second'));
    await first.complete();
    await expect(second.complete()).rejects.toBeInstanceOf(KeyExists);
    await second.abort();
    expect((await store.read('twice')).toString()).toBe('first');
    expect(await store.listUploads('twice')).toEqual([]);
  });

  test('that was aborted is listed no more, and its completion fails', async () => {
    const upload = await store.createUpload('aborted', 'text/csv', 5 << 20);
    await upload.write(randomBytes(6_000_000));
    expect(await store.listUploads('aborted')).toEqual([{ key: 'aborted', uploadId: upload.uploadId }]);
    await upload.abort();
    expect(await store.listUploads('aborted')).toEqual([]);
    await store.abortUpload('aborted', upload.uploadId);
    await expect(upload.complete()).rejects.toThrow();
    expect(await store.head('aborted')).toBeUndefined();
  });

  test('of nothing is refused', async () => {
    const upload = await store.createUpload('empty');
    await expect(upload.complete()).rejects.toBeInstanceOf(RangeError);
    await upload.abort();
  });
});

test('a replacement is taken under the ETag that stands, and is a Conflict under any other', async () => {
  const first = await store.putNew('manifest', Buffer.from('one'));
  const second = await store.replace('manifest', Buffer.from('two'), { etag: first.etag });
  await expect(store.replace('manifest', Buffer.from('three'), { etag: first.etag })).rejects.toBeInstanceOf(Conflict);
  await expect(store.replace('nothing', Buffer.from('three'), { etag: first.etag })).rejects.toBeInstanceOf(Conflict);
  expect((await store.read('manifest')).toString()).toBe('two');
  expect((await store.read('manifest', { versionId: first.versionId })).toString()).toBe('one');
  expect(second.versionId).not.toBe(first.versionId);
});

test('a copy is of the version that was named, and is never made over an object', async () => {
  const old = await store.putNew('from/a b+ü', Buffer.from('old'));
  await store.replace('from/a b+ü', Buffer.from('new'), { etag: old.etag });
  await store.copy(old, 'to/copy');
  expect((await store.read('to/copy')).toString()).toBe('old');
  await expect(store.copy(old, 'to/copy')).rejects.toBeInstanceOf(KeyExists);
});

test('a removed object is missing, its version can be read until that is removed', async () => {
  const { versionId } = await store.putNew('removed', Buffer.from('still here'));
  await store.remove('removed');
  expect(await store.head('removed')).toBeUndefined();
  expect((await store.read('removed', { versionId })).toString()).toBe('still here');
  await store.remove('removed', versionId);
  expect(await store.head('removed', versionId)).toBeUndefined();
});

describe('a body', () => {
  const body = randomBytes(1_000_000);
  beforeAll(() => store.putNew('body', body));

  test('that the network cuts off throws, and is never taken for the end', async () => {
    const { store: cut, close } = await spoiledStore(bucket, (asked, answer, out, pass) => {
      if (asked.method !== 'GET') return pass();
      out.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.once('data', (piece: Buffer) => out.write(piece.subarray(0, 1_000), () => out.destroy()));
    });
    await expect(cut.read('body')).rejects.toBeInstanceOf(ObjectTruncated);
    await expect(cut.read('body')).rejects.toMatchObject({ receivedBytes: 1_000, announcedBytes: body.length });
    await close();
  });

  test('whose reader gives up ends with the reason', async () => {
    const controller = new AbortController();
    const { store: stalled, close } = await spoiledStore(bucket, (_asked, answer, out) => {
      out.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.once('data', (piece: Buffer) => out.write(piece.subarray(0, 1_000)));
    });
    const reading = async () => {
      for await (const _ of stalled.stream('body', { signal: controller.signal }))
        controller.abort(new Error('paused'));
    };
    await expect(reading()).rejects.toThrow('paused');
    await close();
  });
});

test('a completion whose answer is lost is found to have been our own, new or a replacement', async () => {
  let lost = 0;
  const { store: losing, close } = await spoiledStore(bucket, (asked, answer, out, pass) => {
    const completes = asked.method === 'POST' && asked.url?.includes('uploadId=');
    if (!completes || lost++ % 2 === 1) return pass();
    answer.resume();
    answer.on('end', () => out.destroy());
  });
  const first = await losing.putNew('lost', Buffer.from('written once'));
  expect(lost).toBe(2);
  const second = await losing.replace('lost', Buffer.from('replaced once'), { etag: first.etag });
  expect(lost).toBe(4);
  expect((await store.read('lost', { versionId: first.versionId })).toString()).toBe('written once');
  expect((await store.read('lost', { versionId: second.versionId })).toString()).toBe('replaced once');
  await close();
});

test('an upload that was ended by another is not taken for the object of the same size that stands there', async () => {
  const upload = await store.createUpload('ended');
  await upload.write(Buffer.from('mine'));
  await store.putNew('ended', Buffer.from('hers'));
  await store.abortUpload('ended', upload.uploadId);
  await expect(upload.complete()).rejects.toThrow();
});

test('a completion that is answered by 200 for another object is no success', async () => {
  const { store: lying, close } = await spoiledStore(bucket, (asked, answer, out, pass) => {
    if (asked.method !== 'HEAD') return pass();
    out.writeHead(200, { ...answer.headers, etag: '"of another"' });
    answer.pipe(out);
  });
  await expect(lying.putNew('lied', Buffer.from('x'))).rejects.toThrow('has the ETag "of another"');
  await close();
});
