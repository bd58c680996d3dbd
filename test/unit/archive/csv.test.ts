import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Encoding } from '../../../src/archive/column.ts';
import { MalformedCsv, readRows } from '../../../src/archive/csvReader.ts';
import { CsvWriter, recycle } from '../../../src/archive/csvWriter.ts';
import { table, writeRows } from '../../support/csvRows.ts';
import { hardTexts } from '../../support/hardTexts.ts';

const read = (csv: Buffer, encodings: readonly Encoding[]) => [...readRows(csv, encodings)];

describe('mysql-csv-v1', () => {
  test.each(hardTexts)('a text that is %j comes back, on one physical line', (value) => {
    const csv = writeRows([[Buffer.from(value), null]], ['text', 'text']);
    expect(csv.indexOf(0x0a)).toBe(csv.length - 1);
    expect(read(csv, ['text', 'text'])).toEqual([[Buffer.from(value), null]]);
  });

  test('its bytes are those of the dialect', () => {
    const row = [
      Buffer.from('-1.50'),
      Buffer.from('\\N'),
      null,
      Buffer.from('a"\\\n\r\0\u001a'),
      Buffer.from([0, 255]),
    ];
    expect(writeRows([row], ['bare', 'text', 'text', 'text', 'base64']).toString()).toBe(
      '-1.50,"\\\\N",\\N,"a""\\\\\\n\\r\\0\\Z","AP8="\n',
    );
  });

  test('rows of any columns and bytes come back, one line each', () => {
    fc.assert(
      fc.property(table, ({ encodings, rows }) => {
        const csv = writeRows(rows, encodings);
        expect(csv.filter((byte) => byte === 0x0a)).toHaveLength(rows.length);
        expect(read(csv, encodings)).toEqual(rows);
      }),
    );
  });

  test('long values come back too, whatever is escaped in them and wherever it is', () => {
    const long = fc.array(fc.constantFrom('a'.repeat(159), 'b'.repeat(161), '"', '\\', '\n', '\0', '\r', '\u001a'), {
      minLength: 2,
      maxLength: 12,
    });
    fc.assert(
      fc.property(long, fc.constantFrom<Encoding>('text', 'base64'), (pieces, encoding) => {
        const row = [Buffer.from(pieces.join(''))];
        expect(read(writeRows([row, row], [encoding]), [encoding])).toEqual([row, row]);
      }),
    );
  });

  test('a byte that is changed is refused, or the writer writes the changed rows so', () => {
    const given = table.filter(({ rows }) => rows.length > 0);
    fc.assert(
      fc.property(given, fc.nat(), fc.nat(255), ({ encodings, rows }, where, byte) => {
        const csv = Buffer.from(writeRows(rows, encodings));
        csv[where % csv.length] = byte;
        try {
          const found = read(csv, encodings);
          expect(writeRows(found, encodings)).toEqual(csv);
        } catch (error) {
          if (!(error instanceof MalformedCsv)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['no end of the row', 'text', '"a'],
    ['something behind a closing quote', 'text', '"a"b\n'],
    ['no quote', 'text', 'a\n'],
    ['a field too many', 'text', '"a","b"\n'],
    ['a comma at the end', 'text', '"a",\n'],
    ['an unknown escape', 'text', '"a\\x"\n'],
    ['a quote that isn’t closed', 'text', '"a\n'],
    ['a last row without its end', 'text', '"a"\n"b"'],
    ['an empty row', 'text', '\n'],
    ['something behind a NULL', 'text', '\\Nx\n'],
    ['a carriage return that isn’t escaped', 'text', '"a\r"\n'],
    ['a NUL that isn’t escaped', 'text', '"a\0"\n'],
    ['an end of file that isn’t escaped', 'text', '"a\u001a"\n'],
    ['an empty bare value', 'bare', '\n'],
    ['a quoted bare value', 'bare', '"1"\n'],
    ['base64 without padding', 'base64', '"AP8"\n'],
    ['a minus of base64’s URL alphabet', 'base64', '"AP8-"\n'],
    ['an underscore of base64’s URL alphabet', 'base64', '"AP8_"\n'],
    ['base64 with bits behind its end', 'base64', '"AQ=="\n"AR=="\n'],
    ['base64 with white space', 'base64', '"AQ =="\n'],
    ['padding in the middle', 'base64', '"AQ==AQ=="\n'],
  ] as const)('%s is refused as damaged', (_, encoding, text) => {
    expect(() => read(Buffer.from(text), [encoding])).toThrow(MalformedCsv);
  });

  test('a row that lacks a field is refused, with the byte at fault', () => {
    expect(() => read(Buffer.from('1,2\n1\n'), ['bare', 'bare'])).toThrow(/at byte 5 of the chunk: expected a comma/);
  });

  test('no bytes are no rows', () => {
    expect(read(Buffer.alloc(0), ['text'])).toEqual([]);
  });
});

describe('a page’s memory', () => {
  test('is used for a later page once it was given back, and not before', () => {
    const write = (byte: number) => {
      const writer = new CsvWriter();
      writer.value('bare', Buffer.alloc(100, byte), 0, 100);
      return writer.take();
    };
    const first = write(0x31);
    const second = write(0x32);
    expect(first).toEqual(Buffer.alloc(100, 0x31));
    recycle(first);
    expect(write(0x33).buffer).toBe(first.buffer);
    expect(second).toEqual(Buffer.alloc(100, 0x32));
  });

  test('a writer that was emptied starts again from nothing', () => {
    const writer = new CsvWriter(4);
    writer.value('text', Buffer.from('one'), 0, 3);
    expect(writer.take().toString()).toBe('"one"');
    expect(writer.bytes).toBe(0);
    writer.null();
    expect(writer.take().toString()).toBe('\\N');
  });
});
