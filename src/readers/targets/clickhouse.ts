import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import type { ReadType } from '../readType.ts';
import { listed, type Naming, plainName, type Script } from '../script.ts';
import { type Dialect, partitionNames, rawColumns, selectList, viewSource } from '../selectList.ts';
import { dayText } from '../trinoSql.ts';

function typeName(type: ReadType): string {
  switch (type.kind) {
    case 'integer':
      return `${type.unsigned ? 'U' : ''}Int${type.bits}`;
    case 'decimal':
      return `Decimal(${type.digits},${type.scale})`;
    case 'float':
      return 'Float32';
    case 'double':
      return 'Float64';
    case 'date':
      return 'Date32';
    case 'datetime':
      return "DateTime64(6,'UTC')";
    default:
      return 'String';
  }
}

function dialectOf(shape: ArchiveShape): Dialect {
  const names = partitionNames(shape);
  return {
    identifier: (name) => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``,
    field: (position) => `c${position}`,
    // Literals: ClickHouse reads backslashes in them, so each is doubled.
    decoded: (value) =>
      `replaceAll(replaceAll(replaceAll(replaceAll(replaceAll(replaceAll(${value}, '\\\\\\\\', '\\\\_'), '\\\\n', '\\n'), ` +
      `'\\\\r', '\\r'), '\\\\0', '\\0'), '\\\\Z', '\\x1A'), '\\\\_', '\\\\')`,
    fromBase64: (value) => `base64Decode(${value})`,
    bytesOf: (value) => value,
    cast(value, type, lenient) {
      if (!lenient) return `CAST(${value} AS Nullable(${typeName(type)}))`;
      // An impossible date, or one outside of what the type holds, becomes another one without an error.
      const parsed = type.kind === 'date' ? `toDate32OrNull(${value})` : `toDateTime64OrNull(${value}, 6, 'UTC')`;
      return `if(startsWith(toString(${parsed}), ${value}), ${parsed}, NULL)`;
    },
    day: dayText(names),
    partition: names.map((name) => ({ name, value: name })),
  };
}

/** ClickHouse, by its table function s3. */
export function clickhouseScript(shape: ArchiveShape, naming: Naming): Script {
  const dialect = dialectOf(shape);
  const schema = plainName(naming.schema);
  const view = `${schema}.${dialect.identifier(naming.view)}`;
  const raw = `${schema}.${dialect.identifier(`${naming.view}_csv`)}`;
  const columns = rawColumns(shape).map((name) => `${name} Nullable(String)`);
  return {
    notes: [
      ...commonNotes(shape, naming),
      'A date that your version’s types don’t hold is NULL as well. The keys are the server’s own; else put them behind the URL.',
    ],
    pieces: [
      { name: 'database', statement: `CREATE DATABASE IF NOT EXISTS ${schema}` },
      {
        name: 'rawTable',
        statement:
          `CREATE OR REPLACE VIEW ${raw} AS\nSELECT *, _path AS file_path, ${pathColumns(shape)}\nFROM s3('${url(shape)}', 'CSV', ` +
          `'${columns.join(', ')}')\nSETTINGS input_format_csv_allow_variable_number_of_columns = 1, input_format_csv_empty_as_default = 0,\n` +
          '  input_format_csv_trim_whitespaces = 0, input_format_csv_detect_header = 0, input_format_csv_use_default_on_bad_values = 0,\n' +
          '  use_hive_partitioning = 0, precise_float_parsing = 1',
      },
      {
        name: 'view',
        statement:
          `CREATE OR REPLACE VIEW ${view} AS\nSELECT ${listed(selectList(shape, dialect, naming.dates))}\n` +
          `FROM ${viewSource(shape, raw, dialect, 'file_path')}\n` +
          // Else a column that is called c0 or year would be taken for the raw one of that name.
          'SETTINGS prefer_column_name_to_alias = 1',
      },
    ],
  };
}

function url(shape: ArchiveShape): string {
  const base = shape.endpoint
    ? `${shape.endpoint.replace(/\/$/, '')}/${shape.bucket}`
    : `https://${shape.bucket}.s3.${shape.region}.amazonaws.com`;
  const folders = { hive: 'year=*/month=*/day=*', dt: 'dt=*', plain: '*/*/*' }[shape.layout];
  const [first = ''] = shape.extensions;
  const extension = shape.extensions.length > 1 ? `{${shape.extensions.join(',')}}` : first;
  // In a URL a % of the key is written %25.
  return `${base}/${shape.folder.replaceAll('%', '%25')}${folders}/*${extension}`;
}

function pathColumns(shape: ArchiveShape): string {
  if (shape.layout === 'dt') return "extract(_path, '/dt=([0-9-]{10})/[^/]*$') AS dt";
  const [year, month, day] = shape.layout === 'plain' ? ['', '', ''] : ['year=', 'month=', 'day='];
  const parts = [
    `${year}(\\\\d{4})/${month}\\\\d{2}/${day}\\\\d{2}`,
    `${year}\\\\d{4}/${month}(\\\\d{2})/${day}\\\\d{2}`,
  ];
  parts.push(`${year}\\\\d{4}/${month}\\\\d{2}/${day}(\\\\d{2})`);
  const names = partitionNames(shape);
  return parts.map((part, index) => `extract(_path, '/${part}/[^/]*$') AS ${names[index]}`).join(', ');
}
