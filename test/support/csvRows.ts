import fc from 'fast-check';
import type { Encoding } from '../../src/archive/column.ts';
import { CsvWriter } from '../../src/archive/csvWriter.ts';

/** A row as raw bytes per value, null for NULL. */
export type Row = readonly (Buffer | null)[];

/** The rows as `mysql-csv-v1`. */
export function writeRows(rows: readonly Row[], encodings: readonly Encoding[]): Buffer {
  const writer = new CsvWriter(16);
  for (const row of rows) {
    for (const [field, value] of row.entries()) {
      if (field > 0) writer.separator();
      if (value === null) writer.null();
      else writer.value(encodings[field] ?? 'text', value, 0, value.length);
    }
    writer.endRow();
  }
  return writer.take();
}

export const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));

/** A value that a column of this encoding may hold, or NULL. */
export function valueFor(encoding: Encoding): fc.Arbitrary<Buffer | null> {
  const given = encoding === 'bare' ? fc.integer().map((number) => Buffer.from(String(number))) : bytes;
  return fc.option(given);
}

/** Rows of some columns, and the columns' encodings. */
export const table: fc.Arbitrary<{ encodings: Encoding[]; rows: Row[] }> = fc
  .array(fc.constantFrom<Encoding>('bare', 'text', 'base64'), { minLength: 1, maxLength: 5 })
  .chain((encodings) =>
    fc.record({
      encodings: fc.constant(encodings),
      rows: fc.array(fc.tuple(...encodings.map(valueFor)), { maxLength: 6 }),
    }),
  );
