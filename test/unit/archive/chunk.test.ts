import { describe, expect, test } from 'vitest';
import { MalformedChunkIndex, parseChunkIndex, renderChunkIndex } from '../../../src/archive/chunk.ts';

const chunk = {
  offset: 0,
  bytes: 10,
  uncompressedBytes: 20,
  cursor: ['t', '1'],
  minKey: '1',
  maxKey: '2',
  rows: 2,
  xor: '0'.repeat(64),
};
const second = { ...chunk, offset: 10, after: ['t', '2'], closed: true as const };

describe('a chunk index', () => {
  test('comes back as it was written', () => {
    expect(parseChunkIndex(renderChunkIndex([chunk, second]))).toEqual([chunk, second]);
  });

  test.each([
    ['is cut off', renderChunkIndex([chunk, second]).slice(0, -1), /cut off/],
    ['has a gap', renderChunkIndex([chunk, { ...second, offset: 11 }]), /line 2 begins at byte 11, expected 10/],
    ['has an overlap', renderChunkIndex([chunk, { ...second, offset: 9 }]), /line 2 begins at byte 9, expected 10/],
    ['doesn’t begin at the object’s start', renderChunkIndex([second]), /line 1 begins at byte 10, expected 0/],
    ['has an empty line', `${renderChunkIndex([chunk])}\n`, /line 2/],
    ['is empty', '', /cut off/],
    ['has a chunk without rows', renderChunkIndex([{ ...chunk, rows: 0 }]), /rows/],
    ['has a chunk without a cursor', renderChunkIndex([{ ...chunk, cursor: [] }]), /cursor/],
    ['has a short digest', renderChunkIndex([{ ...chunk, xor: '00' }]), /xor/],
    ['has a key that isn’t known', `${JSON.stringify({ ...chunk, more: 1 })}\n`, /more/],
  ])('that %s is refused', (_, text, message) => {
    expect(() => parseChunkIndex(text)).toThrow(MalformedChunkIndex);
    expect(() => parseChunkIndex(text)).toThrow(message);
  });
});
