import type { ArchiveShape } from './archiveShape.ts';
import { digitsOf, type ReadType } from './readType.ts';
import { listed, type Naming } from './script.ts';
import { type Dialect, partitionNames, selectList, viewSource } from './selectList.ts';

function typeName(type: ReadType): string {
  switch (type.kind) {
    case 'integer':
      if (!type.unsigned) return { 8: 'tinyint', 16: 'smallint', 32: 'integer', 64: 'bigint' }[type.bits];
      return { 8: 'smallint', 16: 'integer', 32: 'bigint', 64: `decimal(${digitsOf(type)},0)` }[type.bits];
    case 'decimal':
      return `decimal(${type.digits},${type.scale})`;
    case 'float':
      return 'real';
    case 'datetime':
      // A plain timestamp rounds 23:59:59.999999 into the next day.
      return 'timestamp(6)';
    default:
      return type.kind;
  }
}

/** SQL of Trino, which is Athena's too: over columns that Hive's OpenCSVSerde reads, in which NULL is the text `\N`. */
export function trinoDialect(shape: ArchiveShape): Dialect {
  const names = partitionNames(shape);
  return {
    identifier: (name) => `"${name.replaceAll('"', '""')}"`,
    field: (position) => `NULLIF(c${position}, '\\N')`,
    decoded: (value) =>
      `replace(replace(replace(replace(replace(replace(${value}, '\\\\', '\\_'), '\\n', chr(10)), '\\r', chr(13)), ` +
      `'\\0', chr(0)), '\\Z', chr(26)), '\\_', '\\')`,
    fromBase64: (value) => `from_base64(${value})`,
    bytesOf: (value) => `to_utf8(${value})`,
    cast(value, type, lenient) {
      if (type.kind === 'decimal' && type.digits > 38) return value;
      return `${lenient ? 'TRY_CAST' : 'CAST'}(${value} AS ${typeName(type)})`;
    },
    day: dayText(names),
    partition: names.map((name) => ({ name, value: name })),
  };
}

/** The archived day, out of partition columns that are text. */
export function dayText(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : `(${names.join(" || '-' || ")})`;
}

/**
 * The view over a raw table of Hive's serde.
 * @param undated a second raw table, for rows without a day, and its values of the partition's columns
 */
export function trinoView(
  shape: ArchiveShape,
  naming: Naming,
  raw: string,
  undated?: { table: string; values: readonly string[] },
): string {
  const dialect = trinoDialect(shape);
  const path = shape.keepsBoth ? ', "$path" AS file_path' : '';
  const values = undated?.values.map((value) => `, '${value}'`).join('');
  const apart = undated ? ` UNION ALL SELECT *${values}${path} FROM ${undated.table}` : '';
  const source = path || apart ? `(SELECT *${path} FROM ${raw}${apart}) AS raw` : raw;
  return (
    `CREATE OR REPLACE VIEW ${naming.schema}.${naming.view} AS\n` +
    `SELECT ${listed(selectList(shape, dialect, naming.dates))}\n` +
    `FROM ${viewSource(shape, source, dialect, 'file_path')}`
  );
}
