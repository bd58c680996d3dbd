import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Chunk, renderChunkIndex } from '../../../src/archive/chunk.ts';
import { digestCsv, mergeDigests } from '../../../src/archive/digest.ts';
import type { Manifest, ManifestPart } from '../../../src/archive/manifest.ts';
import { proveRewritten } from '../../../src/erase/proveRewritten.ts';
import type { ObjectStore } from '../../../src/s3/store.ts';

const salt = '0123456789abcdef'.repeat(2);
const texts = [0, 1, 2, 3].map((chunk) => `${chunk},"one"\n`);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const columns = ['id', 'note'].map((name, at) => ({
  name,
  dataType: at === 0 ? 'bigint' : 'varchar',
  charset: 'utf8mb4',
}));
const manifest = { columns, salt } as unknown as Manifest;

/** A part as it was sent, the chunk of that number with other rows than its line of the index says. */
function sent(wrong: number) {
  const members = texts.map((text, number) => gzipSync(number === wrong ? text.replace('one', 'two') : text));
  const digests = texts.map((text) => digestCsv(Buffer.from(text), ['bare', 'text'], salt));
  let offset = 0;
  const chunks = members.map(({ length: bytes }, number): Chunk => {
    const { rows, xor } = digests[number] ?? { rows: 0, xor: '' };
    const line = { offset, bytes, uncompressedBytes: 8, cursor: [String(number)], minKey: '0', maxKey: '9', rows, xor };
    offset += bytes;
    return line;
  });
  const body = Buffer.concat(members);
  const index = gzipSync(renderChunkIndex(chunks));
  const object = { key: 'a.csv.gz', etag: '', bytes: body.length, crc32: '', sha256: sha256(body) };
  const part = {
    ...{ ...mergeDigests(digests), chunks: 4, width: 2, object, sha256: sha256(Buffer.from(texts.join(''))) },
    chunkIndex: { ...object, key: '_chunks', bytes: index.length, sha256: sha256(index) },
  } as unknown as ManifestPart;
  return { part, store: storeOf(new Map([['a.csv.gz', body]]).set('_chunks', index)) };
}

function storeOf(objects: ReadonlyMap<string, Buffer>): ObjectStore {
  const bytesOf: ObjectStore['read'] = async (key, options) => {
    const range = typeof options === 'object' ? options.range : undefined;
    const body = objects.get(key) ?? Buffer.alloc(0);
    return range ? body.subarray(range.start, range.end + 1) : body;
  };
  return {
    read: bytesOf,
    async *stream(key: string) {
      yield await bytesOf(key);
    },
  } as unknown as ObjectStore;
}

const prove = (wrong: number, fresh: number[]) => {
  const { part, store } = sent(wrong);
  return proveRewritten(store, manifest, { part, fresh: new Set(fresh) }, () => undefined);
};

test('a chunk that was compressed anew is unpacked and digested, though its bytes are those that were sent', async () => {
  await prove(-1, [2]);
  await expect(prove(2, [2])).rejects.toThrow(/the chunk at byte \d+ isn't what its index says/);
});

test('a part of which most was compressed anew is proved as a whole', async () => {
  await prove(-1, [0, 1, 2]);
  await expect(prove(3, [0, 1, 2])).rejects.toThrow(/chunk 3 isn't what MySQL says it was/);
});
