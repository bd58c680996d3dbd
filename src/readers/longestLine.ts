import type { Column } from '../archive/column.ts';
import type { Manifest } from '../archive/manifest.ts';

/** Bytes that a value without a length of its own takes at most: a number, a date. */
const short = 100;
const texts: Readonly<Record<string, number>> = { tinytext: 255, text: 65_535, tinyblob: 255, blob: 65_535 };

/** The longest line, in bytes, that a table's columns allow; infinite where a column has no bound worth the name. */
export function longestLineOf(
  columns: readonly (Pick<Column, 'dataType' | 'columnType'> & { encoding: string })[],
): number {
  return columns.reduce((sum, column) => sum + longestValue(column), 0);
}

function longestValue({
  dataType,
  columnType,
  encoding,
}: Pick<Column, 'dataType' | 'columnType'> & { encoding: string }): number {
  if (encoding === 'bare') return short;
  const [, length] = /\((\d+)\)/.exec(columnType) ?? [];
  // A character is four bytes at most, and each may be escaped.
  if (/^(var)?char$/.test(dataType)) return Number(length ?? 1) * 8;
  if (/^(var)?binary$/.test(dataType)) return Number(length ?? 1) * 2;
  if (['enum', 'set'].includes(dataType)) return columnType.length * 8;
  if (['time', 'uuid', 'inet4', 'inet6'].includes(dataType)) return short;
  const bytes = texts[dataType];
  return bytes === undefined ? Number.POSITIVE_INFINITY : bytes * 2;
}

/** The parts in which a line may be longer than `bytes`: the chunk indexes say how long. */
export function partsWithLongLines(manifests: readonly Manifest[], bytes: number): Manifest['parts'] {
  return manifests
    .filter(({ columns }) => longestLineOf(columns) > bytes)
    .flatMap(({ parts }) => parts.filter(({ uncompressedBytes }) => uncompressedBytes > bytes));
}
