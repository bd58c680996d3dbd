import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestCsv, emptyDigest, mergeDigests, rowDigest, sameDigest } from '../../../src/archive/digest.ts';
import { table, valueFor, writeRows } from '../../support/csvRows.ts';

const salt = '00112233445566778899aabbccddeeff';
const digest = fc.record({
  rows: fc.nat(1_000),
  xor: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
});

describe('a digest', () => {
  test('tells any two rows apart', () => {
    const encodings = ['text', 'base64', 'text'] as const;
    const row = fc.tuple(valueFor('text'), valueFor('base64'), valueFor('text'));
    fc.assert(
      fc.property(row, row, (one, other) => {
        const first = writeRows([one], encodings);
        const second = writeRows([other], encodings);
        const same = sameDigest(digestCsv(first, encodings, salt), digestCsv(second, encodings, salt));
        expect(same).toBe(first.equals(second));
      }),
    );
  });

  test('a separator inside a value makes no two rows one (P67)', () => {
    const one = writeRows([[Buffer.from('a\u001fb'), Buffer.from('c')]], ['text', 'text']);
    const other = writeRows([[Buffer.from('a'), Buffer.from('b\u001fc')]], ['text', 'text']);
    expect(digestCsv(one, ['text', 'text'], salt)).not.toEqual(digestCsv(other, ['text', 'text'], salt));
  });

  test('NULL is neither the empty value nor a shift of the values beside it', () => {
    const of = (...row: (string | null)[]) =>
      digestCsv(
        writeRows([row.map((value) => (value === null ? null : Buffer.from(value)))], ['text', 'text']),
        ['text', 'text'],
        salt,
      ).xor;
    expect(new Set([of(null, 'a'), of('a', null), of('', 'a'), of('a', ''), of(null, null), of('', '')]).size).toBe(6);
  });

  test('differs by another mask under each salt, so that no rows can be made to cancel (P68)', () => {
    const mask = (secret: string) => {
      const rows = ['one', 'other'].map((text) =>
        digestCsv(writeRows([[Buffer.from(text)]], ['text']), ['text'], secret),
      );
      return mergeDigests(rows).xor;
    };
    expect(mask(salt)).not.toBe(mask(salt.replace('0', '1')));
  });

  test('of a chunk is that of its rows, whatever their order and however they are split', () => {
    fc.assert(
      fc.property(table, fc.nat(6), ({ encodings, rows }, at) => {
        const of = (some: typeof rows) => digestCsv(writeRows(some, encodings), encodings, salt);
        const whole = of(rows);
        expect(whole.rows).toBe(rows.length);
        expect(of([...rows].reverse())).toEqual(whole);
        expect(mergeDigests([of(rows.slice(0, at)), of(rows.slice(at))])).toEqual(whole);
        const single = rows.map((row) => ({
          rows: 1,
          xor: Buffer.from(rowDigest(row, encodings, salt), 'latin1').toString('hex'),
        }));
        expect(mergeDigests(single)).toEqual(whole);
      }),
    );
  });

  test('merges in any order and grouping, and the empty one changes nothing', () => {
    fc.assert(
      fc.property(digest, digest, digest, (one, two, three) => {
        const whole = mergeDigests([one, two, three]);
        expect(mergeDigests([three, one, two])).toEqual(whole);
        expect(mergeDigests([mergeDigests([one, two]), three])).toEqual(whole);
        expect(mergeDigests([one, emptyDigest])).toEqual(one);
      }),
    );
  });

  test('is another one where only the number of rows differs', () => {
    expect(sameDigest({ rows: 2, xor: emptyDigest.xor }, emptyDigest)).toBe(false);
  });
});
