import type { ArchiveShape } from './archiveShape.ts';
import { digitsOf, type ReadType } from './readType.ts';
import { type Dialect, partitionNames, rawColumns } from './selectList.ts';

function typeName(type: ReadType): string {
  switch (type.kind) {
    case 'integer':
      if (!type.unsigned) return { 8: 'tinyint', 16: 'smallint', 32: 'int', 64: 'bigint' }[type.bits];
      return { 8: 'smallint', 16: 'int', 32: 'bigint', 64: `decimal(${digitsOf(type)},0)` }[type.bits];
    case 'decimal':
      return `decimal(${type.digits},${type.scale})`;
    case 'datetime':
      // The values are wall time, or UTC: no session's zone may move them.
      return 'timestamp_ntz';
    default:
      return type.kind;
  }
}

/** Which part of a path is the day, in the layout without names. */
export const pathOfDay = "r'/(\\d{4})/(\\d{2})/(\\d{2})/[^/]*$'";

/** Spark SQL, which is Databricks' too: literals are raw, because it reads backslashes in others. */
export function sparkDialect(shape: ArchiveShape): Dialect {
  const names = partitionNames(shape);
  return {
    identifier: (name) => `\`${name.replaceAll('`', '``')}\``,
    field: (position) => `c${position}`,
    decoded: (value) =>
      `replace(replace(replace(replace(replace(replace(${value}, r'\\\\', r'\\_'), r'\\n', chr(10)), r'\\r', chr(13)), ` +
      `r'\\0', CAST(X'00' AS STRING)), r'\\Z', chr(26)), r'\\_', r'\\')`,
    fromBase64: (value) => `unbase64(${value})`,
    bytesOf: (value) => `CAST(${value} AS BINARY)`,
    cast(value, type, lenient) {
      if (type.kind === 'decimal' && type.digits > 38) return value;
      return `${lenient ? 'TRY_CAST' : 'CAST'}(${value} AS ${typeName(type)})`;
    },
    day:
      shape.layout === 'dt'
        ? 'CAST(dt AS STRING)'
        : "format_string('%04d-%02d-%02d', CAST(year AS INT), CAST(month AS INT), CAST(day AS INT))",
    partition: names.map((name) => ({ name, value: name })),
  };
}

/** The raw columns with their type, for a schema. */
export function stringColumns(shape: ArchiveShape): string {
  return rawColumns(shape)
    .map((name) => `${name} STRING`)
    .join(', ');
}

/**
 * What the raw table selects beside its fields: the object's name and the day out of it, where anything asks for them.
 * @param path the expression that names a row's object
 */
export function pathColumns({ layout, keepsBoth }: ArchiveShape, path: string): string {
  const file = layout === 'plain' || keepsBoth ? `, ${path} AS file_path` : '';
  if (layout !== 'plain') return file;
  const at = (group: number) => `CAST(regexp_extract(${path}, ${pathOfDay}, ${group}) AS INT)`;
  return `${file}, ${at(1)} AS year, ${at(2)} AS month, ${at(3)} AS day`;
}
