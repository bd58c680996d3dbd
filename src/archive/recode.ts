import type { Encoding } from './column.ts';
import { readRows } from './csvReader.ts';
import { CsvWriter } from './csvWriter.ts';
import { rowKey } from './difference.ts';

/** How rows of an older column list become rows of a newer one. */
interface Recoding {
  /** The newer list, which begins with the older one: new columns come last in the file. */
  encodings: readonly Encoding[];
  /** Fields to write as NULL: columns that were dropped since. */
  blank?: ReadonlySet<number>;
  /** Values to write into some rows' fields, by `rowKey`: an archived value outlives its column. */
  patch?: { keyFields: readonly number[]; values: ReadonlyMap<string, ReadonlyMap<number, Buffer | null>> };
}

/** Writes rows of `width` fields under a newer column list: fields that they lack become NULL. @throws MalformedCsv */
export function recodeCsv(csv: Buffer, width: number, recoding: Recoding): Buffer {
  const { encodings, blank, patch } = recoding;
  const writer = new CsvWriter(csv.length + 64);
  for (const row of readRows(csv, encodings.slice(0, width))) {
    const patched = patch?.values.get(rowKey(row, patch.keyFields));
    const values = encodings.map((_, field) => {
      const kept = blank?.has(field) ? null : (row[field] ?? null);
      return patched?.has(field) ? (patched.get(field) ?? null) : kept;
    });
    writer.row(values, encodings);
  }
  return writer.take();
}

/** The values of some fields, by `rowKey`; null also where the rows are too narrow for a field. @throws MalformedCsv */
export function valuesOf(
  csv: Buffer,
  encodings: readonly Encoding[],
  keyFields: readonly number[],
  fields: ReadonlySet<number>,
): Map<string, Map<number, Buffer | null>> {
  const values = new Map<string, Map<number, Buffer | null>>();
  for (const row of readRows(csv, encodings)) {
    const own = [...fields].map((field): [number, Buffer | null] => {
      const value = row[field] ?? null;
      return [field, value && Buffer.from(value)];
    });
    values.set(rowKey(row, keyFields), new Map(own));
  }
  return values;
}
