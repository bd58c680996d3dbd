import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import { digitsOf, type ReadType } from '../readType.ts';
import { listed, type Naming, plainName, type Script } from '../script.ts';
import { type Dialect, partitionNames, rawColumns, selectList, viewSource } from '../selectList.ts';
import { dayText } from '../trinoSql.ts';

const backslash = 'CHR(92)';

function typeName(type: ReadType): string {
  switch (type.kind) {
    case 'integer':
      return `NUMBER(${digitsOf(type)},0)`;
    case 'decimal':
      return `NUMBER(${type.digits},${type.scale})`;
    case 'float':
    case 'double':
      return 'FLOAT';
    case 'datetime':
      return 'TIMESTAMP_NTZ(6)';
    default:
      return type.kind.toUpperCase();
  }
}

function dialectOf(shape: ArchiveShape): Dialect {
  const names = partitionNames(shape);
  const code = (letter: string) => `${backslash} || '${letter}'`;
  return {
    identifier: (name) => `"${name.replaceAll('"', '""')}"`,
    field: (position) => `c${position}`,
    decoded: (value) =>
      `REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(${value}, ${backslash} || ${backslash}, ${code('_')}), ${code('n')}, CHR(10)), ` +
      `${code('r')}, CHR(13)), ${code('0')}, CHR(0)), ${code('Z')}, CHR(26)), ${code('_')}, ${backslash})`,
    fromBase64: (value) => `TO_BINARY(${value}, 'BASE64')`,
    bytesOf: (value) => `TO_BINARY(${value}, 'UTF-8')`,
    cast(value, type, lenient) {
      if (type.kind === 'decimal' && (type.digits > 38 || type.scale > 37)) return value;
      return `${lenient ? 'TRY_CAST' : 'CAST'}(${value} AS ${typeName(type)})`;
    },
    day: dayText(names),
    partition: names.map((name) => ({ name, value: name })),
  };
}

/** Snowflake: a stage over the bucket, an external table by position, a view. */
export function snowflakeScript(shape: ArchiveShape, naming: Naming): Script {
  const dialect = dialectOf(shape);
  const schema = naming.schema.split('.').map(plainName).join('.');
  const view = `${schema}.${plainName(naming.view)}`;
  const fields = rawColumns(shape).map((name, index) => `${name} VARCHAR AS (value:c${index + 1}::VARCHAR)`);
  const partitions = partitionNames(shape);
  const parts = partitions.map(
    (name, index) =>
      `${name} VARCHAR AS (REGEXP_SUBSTR(METADATA$FILENAME, '${pattern(shape)}', 1, 1, 'e', ${index + 1}))`,
  );
  return {
    notes: [
      ...commonNotes(shape, naming),
      'By the documentation; not tried. Put the name of your storage integration in place of SEDIMENT_INTEGRATION.',
      'To take in days that came later: ALTER EXTERNAL TABLE … REFRESH.',
    ],
    pieces: [
      { name: 'schema', statement: `CREATE SCHEMA IF NOT EXISTS ${schema}` },
      {
        name: 'fileFormat',
        statement:
          `CREATE OR REPLACE FILE FORMAT ${schema}.mysql_csv_v1 TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '"'\n` +
          "  ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = ('\\\\N') EMPTY_FIELD_AS_NULL = FALSE TRIM_SPACE = FALSE\n" +
          '  ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE COMPRESSION = AUTO',
      },
      {
        name: 'stage',
        statement:
          `CREATE OR REPLACE STAGE ${view}_stage URL = 's3://${shape.bucket}/${shape.folder}'\n` +
          `  STORAGE_INTEGRATION = SEDIMENT_INTEGRATION FILE_FORMAT = ${schema}.mysql_csv_v1`,
      },
      {
        name: 'rawTable',
        statement:
          `CREATE OR REPLACE EXTERNAL TABLE ${view}_csv (\n  ${listed([...fields, ...parts, 'file_path VARCHAR AS (METADATA$FILENAME)'], 2)}\n)\n` +
          `PARTITION BY (${partitions.join(', ')}) LOCATION = @${view}_stage PATTERN = '.*[.]csv([.]gz)?'\n` +
          `AUTO_REFRESH = FALSE FILE_FORMAT = (FORMAT_NAME = ${schema}.mysql_csv_v1)`,
      },
      {
        name: 'view',
        statement:
          `CREATE OR REPLACE VIEW ${view} AS\nSELECT ${listed(selectList(shape, dialect, naming.dates))}\n` +
          `FROM ${viewSource(shape, `${view}_csv`, dialect, 'file_path')}`,
      },
    ],
  };
}

function pattern({ layout }: ArchiveShape): string {
  if (layout === 'dt') return 'dt=([0-9-]{10})/[^/]*$';
  const [year, month, day] = layout === 'plain' ? ['/', '/', '/'] : ['year=', '/month=', '/day='];
  return `${year}([0-9]{4})${month}([0-9]{2})${day}([0-9]{2})/[^/]*$`;
}
