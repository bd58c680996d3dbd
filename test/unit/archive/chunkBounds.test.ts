import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chunk, Cursor } from '../../../src/archive/chunk.ts';
import { boundChunks, CursorLost, positionOf, takeRun } from '../../../src/archive/chunkBounds.ts';
import { endCursor } from '../../../src/archive/cursor.ts';
import { mergeDigests } from '../../../src/archive/digest.ts';
import type { ManifestPart } from '../../../src/archive/manifest.ts';

/** A row's cursor; rows are numbered in cursor order. */
const cursorOf = (row: number): Cursor => ['2026-11-21 10:00:00', String(row)];
const rowOf = (cursor: Cursor | undefined) => (cursor === undefined ? undefined : Number(cursor[1]));
const part = (number: number) => ({ part: number }) as ManifestPart;

/** A chunk of the rows that end with this one. */
function chunkTo(row: number, rows: number, more: Partial<Chunk> = {}): Chunk {
  return {
    offset: 0,
    bytes: 1,
    uncompressedBytes: 10 * rows,
    cursor: [...cursorOf(row)],
    minKey: '1',
    maxKey: '9',
    rows,
    xor: row.toString(16).padStart(64, '0'),
    ...more,
  };
}

/** A day's chunks: for each its number of rows, and whether a row that stays lies before it; split into parts of three. */
const layout = fc
  .record({
    chunks: fc.array(fc.record({ rows: fc.integer({ min: 1, max: 9 }), staysBefore: fc.boolean() }), { maxLength: 12 }),
    staysBehind: fc.boolean(),
  })
  .map(({ chunks, staysBehind }) => {
    const staying: number[] = [];
    const archived: number[] = [];
    const made: Chunk[] = [];
    let row = 0;
    for (const [at, { rows, staysBefore }] of chunks.entries()) {
      if (staysBefore) staying.push(++row);
      const after = staysBefore ? { after: [...cursorOf(row)] } : {};
      for (let count = 0; count < rows; count++) archived.push(++row);
      const closed = staysBehind && at === chunks.length - 1 ? { closed: true as const } : {};
      made.push(chunkTo(row, rows, { ...after, ...closed }));
    }
    if (staysBehind && made.length > 0) staying.push(++row);
    const parts = [];
    for (let at = 0; at < made.length; at += 3) parts.push({ part: part(at / 3), chunks: made.slice(at, at + 3) });
    return { parts, chunks: made, archived, staying };
  });

/** The rows up to the last one, and one beyond, that lie in an interval of cursors. */
function rowsIn(from: Cursor | undefined, to: Cursor | undefined, last: number): number[] {
  const [first, end] = [rowOf(from) ?? 0, rowOf(to) ?? Number.POSITIVE_INFINITY];
  return Array.from({ length: last + 1 }, (_, at) => at + 1).filter((row) => row > first && row <= end);
}

describe('the bounds of a pass’s chunks', () => {
  test.each([
    ['no chunk', [], []],
    ['one chunk: the whole day', [chunkTo(5, 5)], [[undefined, undefined]]],
    [
      'chunks that meet',
      [chunkTo(5, 5), chunkTo(9, 4)],
      [
        [undefined, 5],
        [5, undefined],
      ],
    ],
    [
      'a row that stays between two chunks',
      [chunkTo(5, 5), chunkTo(9, 3, { after: ['', '6'] })],
      [
        [undefined, 5],
        [6, undefined],
      ],
    ],
    ['a row that stays at the start', [chunkTo(9, 8, { after: ['', '1'] })], [[1, undefined]]],
    ['rows that stay at the end', [chunkTo(5, 5, { closed: true })], [[undefined, 5]]],
    [
      'a chunk that was closed and is the last no more',
      [chunkTo(5, 5, { closed: true }), chunkTo(9, 4)],
      [
        [undefined, 5],
        [5, undefined],
      ],
    ],
  ])('%s', (_, chunks, expected) => {
    const bounded = boundChunks([{ part: part(0), chunks }]);
    expect(bounded.map(({ from, to }) => [rowOf(from), rowOf(to)])).toEqual(expected);
  });

  test('go on from one part to the next, and each chunk keeps its part', () => {
    const bounded = boundChunks([
      { part: part(0), chunks: [chunkTo(5, 5)] },
      { part: part(1), chunks: [chunkTo(9, 4)] },
    ]);
    expect(bounded.map(({ from, part: own }) => [rowOf(from), own.part])).toEqual([
      [undefined, 0],
      [5, 1],
    ]);
  });

  test('cover each row of the day once, a row that comes later too, and no row that stays', () => {
    fc.assert(
      fc.property(layout, ({ parts, chunks, archived, staying }) => {
        const last = archived.length + staying.length;
        const covered = boundChunks(parts).flatMap(({ from, to }) => rowsIn(from, to, last));
        const closed = chunks.at(-1)?.closed;
        const comesLater = chunks.length === 0 || closed ? [] : [last + 1];
        expect(covered).toEqual([...archived, ...comesLater]);
      }),
    );
  });

  test('leave the chunk index as it is', () => {
    fc.assert(
      fc.property(layout, ({ parts, chunks }) => {
        const before = JSON.stringify(chunks);
        const bounded = boundChunks(parts);
        expect(JSON.stringify(chunks)).toBe(before);
        expect(bounded.map(({ digest }) => digest)).toEqual(chunks.map(({ rows, xor }) => ({ rows, xor })));
      }),
    );
  });
});

describe('the position of a cursor', () => {
  const bounded = boundChunks([{ part: part(0), chunks: [chunkTo(5, 5), chunkTo(9, 4), chunkTo(12, 3)] }]);

  test.each([
    ['no cursor: the first chunk is next', null, 0],
    ['the first chunk’s', cursorOf(5), 1],
    ['the last chunk’s', cursorOf(12), 3],
    ['the end of the pass', endCursor, 3],
  ])('%s', (_, cursor, expected) => {
    expect(positionOf(bounded, cursor)).toBe(expected);
  });

  test.each([
    ['within a chunk', cursorOf(6)],
    ['of another number of columns', ['2026-11-21 10:00:00']],
    ['of a value that only begins alike', ['2026-11-21 10:00:00', '50']],
    ['of values that only join to the same text', ['2026-11-21 10:00:00,5']],
  ])('is lost where the cursor is %s', (_, cursor) => {
    expect(() => positionOf(bounded, cursor)).toThrow(CursorLost);
  });

  test('of an empty pass is known at its start and its end only', () => {
    expect([positionOf([], null), positionOf([], endCursor)]).toEqual([0, 0]);
    expect(() => positionOf([], cursorOf(5))).toThrow(CursorLost);
  });
});

describe('a run of chunks', () => {
  const bounded = boundChunks([
    {
      part: part(0),
      chunks: [chunkTo(5, 5), chunkTo(9, 4), chunkTo(12, 2, { after: ['', '10'] }), chunkTo(20, 8), chunkTo(21, 1)],
    },
  ]);

  test.each([
    ['one chunk at least, however large', 0, 1, 1],
    ['no more rows than asked for', 0, 8, 1],
    ['as many as fit exactly', 0, 9, 2],
    ['none beyond a row that stays', 0, 1_000, 2],
    ['one that begins after a row that stays', 2, 2, 1],
    ['all that is left', 2, Number.POSITIVE_INFINITY, 3],
    ['nothing at the end', 5, 10, 0],
  ])('takes %s', (_, next, rows, chunks) => {
    expect(takeRun(bounded, next, rows).chunks).toBe(chunks);
  });

  test('after run takes each chunk once, in order, with the rows and the digest of its chunks', () => {
    fc.assert(
      fc.property(layout, fc.integer({ min: 1, max: 30 }), ({ parts, archived, staying }, rows) => {
        const all = boundChunks(parts);
        const last = archived.length + staying.length;
        let next = 0;
        while (next < all.length) {
          const run = takeRun(all, next, rows);
          const taken = all.slice(next, next + run.chunks);
          expect(run.chunks).toBeGreaterThan(0);
          expect(run.digest).toEqual(mergeDigests(taken.map(({ digest }) => digest)));
          expect(run.uncompressedBytes).toBe(10 * run.digest.rows);
          expect(run.chunks === 1 || run.digest.rows <= rows).toBe(true);
          // The transaction deletes the whole interval: it must hold the run's rows and nothing that stays.
          const interval = rowsIn(taken[0]?.from, taken.at(-1)?.to, last);
          expect(interval.filter((row) => staying.includes(row))).toEqual([]);
          expect(interval.filter((row) => archived.includes(row))).toHaveLength(run.digest.rows);
          next += run.chunks;
        }
        expect(next).toBe(all.length);
      }),
    );
  });

  test('is as long as it may be', () => {
    fc.assert(
      fc.property(layout, fc.integer({ min: 1, max: 30 }), fc.nat(11), ({ parts }, rows, next) => {
        const all = boundChunks(parts);
        const run = takeRun(all, next, rows);
        const following = all[next + run.chunks];
        expect(!following || run.digest.rows + following.rows > rows || following.after !== undefined).toBe(true);
      }),
    );
  });
});
