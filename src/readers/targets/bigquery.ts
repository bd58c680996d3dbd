import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import { digitsOf, type ReadType } from '../readType.ts';
import { listed, type Naming, plainName, type Script } from '../script.ts';
import { type Dialect, partitionNames, rawColumns, selectList, viewSource } from '../selectList.ts';
import { dayText } from '../trinoSql.ts';

/** Undefined where no number of BigQuery's holds it. */
function typeName(type: ReadType): string | undefined {
  switch (type.kind) {
    case 'integer':
      return type.unsigned && type.bits === 64 ? `NUMERIC(${digitsOf(type)})` : 'INT64';
    case 'decimal': {
      const whole = type.digits - type.scale;
      if (whole <= 29 && type.scale <= 9) return 'NUMERIC';
      return whole <= 38 && type.scale <= 38 ? 'BIGNUMERIC' : undefined;
    }
    case 'float':
    case 'double':
      return 'FLOAT64';
    default:
      return type.kind.toUpperCase();
  }
}

function dialectOf(shape: ArchiveShape): Dialect {
  const names = partitionNames(shape);
  return {
    identifier: (name) => `\`${name.replaceAll('`', '\\`')}\``,
    field: (position) => `c${position}`,
    decoded: (value) =>
      `REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(${value}, r'\\\\', r'\\_'), r'\\n', '\\n'), r'\\r', '\\r'), ` +
      `r'\\0', '\\x00'), r'\\Z', '\\x1a'), r'\\_', '\\\\')`,
    fromBase64: (value) => `FROM_BASE64(${value})`,
    bytesOf: (value) => `CAST(${value} AS BYTES)`,
    cast(value, type, lenient) {
      const name = typeName(type);
      return name === undefined ? value : `${lenient ? 'SAFE_CAST' : 'CAST'}(${value} AS ${name})`;
    },
    day: dayText(names),
    partition: names.map((name) => ({ name, value: name })),
  };
}

/** BigQuery: an external table over the same keys in Cloud Storage, or over S3 by a connection of Omni. */
export function bigqueryScript(shape: ArchiveShape, naming: Naming): Script {
  const dialect = dialectOf(shape);
  const dataset = plainName(naming.schema);
  const view = `${dataset}.${plainName(naming.view)}`;
  const root = `gs://${shape.bucket}/${shape.folder}`;
  const named = shape.layout !== 'plain';
  const partitions = partitionNames(shape).map((name) => `${name} STRING`);
  const uris = shape.extensions.map((extension) => `'${root}*${extension}'`);
  const hive = named ? `, hive_partition_uri_prefix = '${root}', require_hive_partition_filter = false` : '';
  return {
    notes: [
      ...commonNotes(shape, naming),
      'By the documentation; not tried. It reads the same keys in Cloud Storage; over S3 by BigQuery Omni write s3:// and WITH CONNECTION.',
    ],
    pieces: [
      { name: 'dataset', statement: `CREATE SCHEMA IF NOT EXISTS ${dataset}` },
      {
        name: 'rawTable',
        statement:
          `CREATE OR REPLACE EXTERNAL TABLE ${view}_csv (${rawColumns(shape)
            .map((name) => `${name} STRING`)
            .join(', ')})\n` +
          `${named ? `WITH PARTITION COLUMNS (${partitions.join(', ')})\n` : ''}` +
          `OPTIONS (format = 'CSV', uris = [${uris.join(', ')}]${hive},\n` +
          `  field_delimiter = ',', quote = '"', null_marker = r'\\N', allow_jagged_rows = true, allow_quoted_newlines = false,\n` +
          `  skip_leading_rows = 0, encoding = 'UTF-8', preserve_ascii_control_characters = true)`,
      },
      {
        name: 'view',
        statement:
          `CREATE OR REPLACE VIEW ${view} AS\nSELECT ${listed(selectList(shape, dialect, naming.dates))}\n` +
          `FROM ${viewSource(shape, source(shape, `${view}_csv`), dialect, 'file_path')}`,
      },
    ],
  };
}

/** The raw table with the name of a row's object, and with the day out of it where the layout has no names. */
function source({ layout }: ArchiveShape, raw: string): string {
  const at = (before: string) => `REGEXP_EXTRACT(_FILE_NAME, r'/${before}/[^/]*$')`;
  const days = [at('(\\d{4})/\\d{2}/\\d{2}'), at('\\d{4}/(\\d{2})/\\d{2}'), at('\\d{4}/\\d{2}/(\\d{2})')];
  const columns = layout === 'plain' ? `, ${days[0]} AS year, ${days[1]} AS month, ${days[2]} AS day` : '';
  return `(SELECT *, _FILE_NAME AS file_path${columns} FROM ${raw}) AS raw`;
}
