import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Chunk } from '../../../src/archive/chunk.ts';
import { digestCsv, mergeDigests } from '../../../src/archive/digest.ts';
import type { ManifestPart } from '../../../src/archive/manifest.ts';
import type { ReadStore } from '../../../src/audit/pacedStore.ts';
import { rereadPart } from '../../../src/export/rereadPart.ts';
import { verifyPart } from '../../../src/export/verifyPart.ts';

const salt = '0123456789abcdef'.repeat(2);
const encodings = ['bare', 'text'] as const;
const texts = [0, 1, 2, 3, 4, 5].map((chunk) => `${chunk},"one"\n${chunk + 10},"two"\n`);

/** A part of these chunks, as a manifest and its index name it; without the SHA-256 of its bytes, as earlier releases wrote it. */
function written(csvs: readonly string[], hashes = true) {
  const members = csvs.map((csv) => gzipSync(csv));
  const digests = csvs.map((csv) => digestCsv(Buffer.from(csv), encodings, salt));
  let offset = 0;
  const chunks = members.map((member, index): Chunk => {
    const bytes = member.length;
    const { rows, xor } = digests[index] ?? { rows: 0, xor: '' };
    const uncompressedBytes = Buffer.byteLength(csvs[index] ?? '');
    const chunk = { rows, xor, offset, bytes, uncompressedBytes, minKey: '', maxKey: '', cursor: [] };
    offset += bytes;
    return chunk as unknown as Chunk;
  });
  const body = Buffer.concat(members);
  const sha256 = hashes ? createHash('sha256').update(body).digest('hex') : undefined;
  const object = { key: 'a.csv.gz', versionId: 'v', etag: '', bytes: offset, crc32: '', sha256 };
  const part = {
    ...mergeDigests(digests),
    object,
    chunkIndex: { ...object, key: '_chunks' },
    sha256: createHash('sha256').update(csvs.join('')).digest('hex'),
  } as unknown as ManifestPart;
  return { part, chunks, body };
}

function storeOf(body: Buffer): ReadStore {
  return {
    async *stream() {
      for (let at = 0; at < body.length; at += 7) yield body.subarray(at, at + 7);
    },
    read: async () => body,
  };
}

test.each([true, false])('a part that is as it was proved passes, and each of its rows is counted', async (hashes) => {
  const { part, chunks, body } = written(texts, hashes);
  let rows = 0;
  await rereadPart(storeOf(body), part, { chunks, encodings, salt }, (count) => {
    rows += count;
  });
  expect(rows).toBe(12);
});

test.each([true, false])('a chunk with another row is named by its number', async (hashes) => {
  const { part } = written(texts, hashes);
  const other = written(texts.map((text, index) => (index === 4 ? text.replace('two', 'TWO') : text)));
  const own = written(texts).chunks;
  // Places as they are now, digests as they were recorded.
  const chunks = other.chunks.map((chunk, index) => ({ ...chunk, xor: own[index]?.xor ?? '' }));
  const reading = rereadPart(storeOf(other.body), part, { chunks, encodings, salt }, () => undefined);
  await expect(reading).rejects.toThrow(/a.csv.gz.*chunk 4 isn't what MySQL says it was/);
});

test.each([true, false])(
  'an index whose digests don’t add up is named, and so is a body that ends early or goes on',
  async (hashes) => {
    const { part, chunks, body } = written(texts, hashes);
    const read = (bytes: Buffer, of = chunks) =>
      rereadPart(storeOf(bytes), part, { chunks: of, encodings, salt }, () => undefined);
    const swapped = chunks.map((chunk, index) => (index === 0 ? { ...chunk, xor: 'ff'.repeat(32) } : chunk));
    await expect(read(body, swapped)).rejects.toThrow(/_chunks.*don’t add up/);
    await expect(read(body.subarray(0, chunks[5]?.offset))).rejects.toThrow(/ends in chunk 5 of 6/);
    await expect(read(Buffer.concat([body, Buffer.from('x')]))).rejects.toThrow(/goes on after its last chunk/);
  },
);

test('any byte that flips is found, those too that no reader of the rows would see', async () => {
  const { part, chunks, body } = written(texts);
  for (let at = 0; at < body.length; at++) {
    const flipped = Buffer.from(body);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    const reading = rereadPart(storeOf(flipped), part, { chunks, encodings, salt }, () => undefined);
    await expect(reading, `byte ${at}`).rejects.toThrow(/a\.csv\.gz: (chunk \d|the SHA-256 of its bytes)/);
  }
});

test('the part is proved when it is first verified as it is when it is read again: its bytes must be those that were sent', async () => {
  const { part, chunks, body } = written(texts);
  const flipped = Buffer.from(body);
  // The operating system in the header of a gzip member: the rows stay the same.
  flipped[9] = (flipped[9] ?? 0) ^ 1;
  const proving = (bytes: Buffer) => verifyPart(storeOf(bytes), part, { chunks, encodings, salt }, () => undefined);
  await proving(body);
  await expect(proving(flipped)).rejects.toThrow(/the SHA-256 of its bytes isn’t the one that was recorded/);
});
