import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Encoding } from '../../../src/archive/column.ts';
import { MalformedCsv, readRows } from '../../../src/archive/csvReader.ts';
import { rowKey } from '../../../src/archive/difference.ts';
import { recodeCsv, valuesOf } from '../../../src/archive/recode.ts';
import { type Row, table, valueFor, writeRows } from '../../support/csvRows.ts';

const bytes = (text: string) => Buffer.from(text);
const encodings: Encoding[] = ['bare', 'text', 'base64'];
const read = (csv: Buffer) => [...readRows(csv, encodings)];

describe('recoded rows', () => {
  test('are the same bytes where nothing changes', () => {
    fc.assert(
      fc.property(table, (given) => {
        const csv = writeRows(given.rows, given.encodings);
        expect(recodeCsv(csv, given.encodings.length, { encodings: given.encodings })).toEqual(csv);
      }),
    );
  });

  test('have NULL in every column that came later, and their values in the others', () => {
    const later = fc.array(fc.constantFrom<Encoding>('bare', 'text', 'base64'), { maxLength: 3 });
    fc.assert(
      fc.property(table, later, (given, more) => {
        const csv = writeRows(given.rows, given.encodings);
        const wide = [...given.encodings, ...more];
        const found = [...readRows(recodeCsv(csv, given.encodings.length, { encodings: wide }), wide)];
        expect(found).toEqual(given.rows.map((row) => [...row, ...more.map(() => null)]));
      }),
    );
  });

  test('have NULL in blank fields, and nowhere else', () => {
    const csv = writeRows([[bytes('1'), bytes('a'), bytes('b')]], encodings);
    expect(read(recodeCsv(csv, 3, { encodings, blank: new Set([1]) }))).toEqual([[bytes('1'), null, bytes('b')]]);
  });

  test('get values back by key: those of other rows, and fields that aren’t patched, stay', () => {
    const rows: Row[] = [
      [bytes('1'), null, bytes('x')],
      [bytes('2'), null, null],
      [bytes('3'), bytes('kept'), null],
    ];
    const values = new Map([
      [rowKey([bytes('1')], [0]), new Map<number, Buffer | null>([[1, bytes('archived')]])],
      [rowKey([bytes('2')], [0]), new Map<number, Buffer | null>([[1, null]])],
    ]);
    const patched = recodeCsv(writeRows(rows, encodings), 3, { encodings, patch: { keyFields: [0], values } });
    expect(read(patched)).toEqual([
      [bytes('1'), bytes('archived'), bytes('x')],
      [bytes('2'), null, null],
      [bytes('3'), bytes('kept'), null],
    ]);
  });

  test('keep the archived values of a dropped column through a heal', () => {
    const row = fc.tuple(fc.constant(null), valueFor('text'), valueFor('base64'));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (given) => {
        const archived = given.map((each, at): Row => [bytes(String(at)), ...each.slice(1)]);
        // MySQL has the column no more: every row reads NULL there.
        const now = archived.map((each): Row => [each[0] ?? null, null, each[2] ?? null]);
        const values = valuesOf(writeRows(archived, encodings), encodings, [0], new Set([1]));
        const csv = recodeCsv(writeRows(now, encodings), 3, { encodings, patch: { keyFields: [0], values } });
        expect(read(csv)).toEqual(archived);
      }),
    );
  });

  test('are never made of damaged ones', () => {
    expect(() => recodeCsv(bytes('1,"a\n'), 2, { encodings })).toThrow(MalformedCsv);
    expect(() => recodeCsv(writeRows([[bytes('1'), bytes('a')]], encodings), 3, { encodings })).toThrow(MalformedCsv);
  });
});

describe('the values of some fields', () => {
  test('come by key, NULL included, and only of those fields', () => {
    const rows: Row[] = [
      [bytes('1'), bytes('a'), null],
      [bytes('2'), null, bytes('b')],
    ];
    const found = valuesOf(writeRows(rows, encodings), encodings, [0], new Set([1, 2]));
    expect(found).toEqual(
      new Map([
        [
          rowKey([bytes('1')], [0]),
          new Map<number, Buffer | null>([
            [1, bytes('a')],
            [2, null],
          ]),
        ],
        [
          rowKey([bytes('2')], [0]),
          new Map<number, Buffer | null>([
            [1, null],
            [2, bytes('b')],
          ]),
        ],
      ]),
    );
  });

  test('that the rows are too narrow for are NULL', () => {
    const narrow = writeRows([[bytes('1'), bytes('a')]], ['bare', 'text']);
    const found = valuesOf(narrow, ['bare', 'text'], [0], new Set([2]));
    expect([...found.values()]).toEqual([new Map([[2, null]])]);
  });
});
