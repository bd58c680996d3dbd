import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Chunk, renderChunkIndex } from '../../../src/archive/chunk.ts';
import type { ManifestPart } from '../../../src/archive/manifest.ts';
import { readChunkIndex } from '../../../src/partition/readChunkIndex.ts';

const chunk = (minKey: string): Chunk => ({
  ...{ offset: 0, bytes: 9, uncompressedBytes: 7, cursor: ['2026-01-05', '2'] },
  ...{ minKey, maxKey: '2', rows: 1, xor: 'ab'.repeat(32) },
});

function part(sha256: string | undefined): ManifestPart {
  const object = { key: 'a.csv.gz', etag: '', bytes: 9, crc32: '' };
  return { object, chunkIndex: { ...object, key: '_chunks', sha256 }, rows: 1, chunks: 1 } as ManifestPart;
}

test('a chunk index that adds up and isn’t the one that was written is named; earlier releases recorded no SHA-256 of it', async () => {
  const written = gzipSync(renderChunkIndex([chunk('1')]));
  const other = gzipSync(renderChunkIndex([chunk('2')]));
  const sha256 = createHash('sha256').update(written).digest('hex');
  const read = (body: Buffer, known?: string) => readChunkIndex({ read: async () => body }, part(known));
  expect(await read(written, sha256)).toEqual([chunk('1')]);
  await expect(read(other, sha256)).rejects.toThrow(
    '_chunks: the SHA-256 of its bytes isn’t the one that was recorded',
  );
  expect(await read(other)).toEqual([chunk('2')]);
});

test('what is known by its SHA-256 is still held against the part, and a gap in it is named', async () => {
  const lines = [chunk('1'), { ...chunk('1'), offset: 10 }];
  const body = gzipSync(renderChunkIndex(lines));
  const read = (known: ManifestPart) => readChunkIndex({ read: async () => body }, known);
  const sha256 = createHash('sha256').update(body).digest('hex');
  await expect(read(part(sha256))).rejects.toThrow('line 2 begins at byte 10, expected 9');
  const whole = gzipSync(renderChunkIndex([chunk('1')]));
  const of = { ...part(createHash('sha256').update(whole).digest('hex')), rows: 2 };
  await expect(readChunkIndex({ read: async () => whole }, of)).rejects.toThrow(
    'lists 1 rows in 1 chunks, the part has 2',
  );
});
