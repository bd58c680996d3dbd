import type { Encoding } from './column.ts';
import { readRows } from './csvReader.ts';
import { CsvWriter } from './csvWriter.ts';
import { rowKey } from './difference.ts';

/** How rows of an older column list become rows of a newer one. */
export interface Recoding {
  /** The newer list; the older one is a beginning of it. */
  encodings: readonly Encoding[];
  /** Fields whose values are given up: columns dropped since. */
  blank?: ReadonlySet<number>;
  /** Rows that have values for blank fields, by `rowKey`: an archived value outlives its column. */
  patch?: { keyFields: readonly number[]; values: ReadonlyMap<string, ReadonlyMap<number, Buffer | null>> };
}

/** Writes each row of `width` fields anew: fields that it lacks become NULL. @throws MalformedCsv */
export function recodeCsv(csv: Buffer, width: number, recoding: Recoding): Buffer {
  const { encodings, blank, patch } = recoding;
  const writer = new CsvWriter(csv.length + 64);
  for (const row of readRows(csv, encodings.slice(0, width))) {
    const patched = patch?.values.get(rowKey(row, patch.keyFields));
    for (const [field, encoding] of encodings.entries()) {
      if (field > 0) writer.separator();
      const kept = blank?.has(field) ? null : (row[field] ?? null);
      const value = patched?.has(field) ? (patched.get(field) ?? null) : kept;
      if (value === null) writer.null();
      else writer.value(encoding, value, 0, value.length);
    }
    writer.endRow();
  }
  return writer.take();
}

/** The values that rows hold in some fields, by `rowKey`. @throws MalformedCsv */
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
