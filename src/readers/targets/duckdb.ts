import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import type { ReadType } from '../readType.ts';
import { listed, type Naming, type Script } from '../script.ts';
import { type Dialect, partitionNames, rawColumns, selectList, viewSource } from '../selectList.ts';

/** DuckDB's own bound of a line, in bytes. */
const defaultLine = 2_000_000;

function typeName(type: ReadType): string {
  switch (type.kind) {
    case 'integer':
      return `${type.unsigned ? 'U' : ''}${{ 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[type.bits]}`;
    case 'decimal':
      return `DECIMAL(${type.digits},${type.scale})`;
    case 'datetime':
      return 'TIMESTAMP';
    default:
      return type.kind.toUpperCase();
  }
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

export function duckdbDialect(shape: ArchiveShape): Dialect {
  const names = partitionNames(shape);
  return {
    identifier,
    field: (position) => `c${position}`,
    decoded: (value) => `sediment_decoded(${value})`,
    fromBase64: (value) => `from_base64(${value})`,
    bytesOf: (value) => `encode(${value})`,
    cast(value, type, lenient) {
      if (type.kind === 'decimal' && type.digits > 38) return value;
      return `${lenient ? 'TRY_CAST' : 'CAST'}(${value} AS ${typeName(type)})`;
    },
    day: shape.layout === 'dt' ? 'dt' : "printf('%04d-%02d-%02d', year, month, day)",
    partition: names.map((name) => ({ name, value: name })),
  };
}

/** DuckDB with its extension httpfs. */
export function duckdbScript(shape: ArchiveShape, naming: Naming): Script {
  const dialect = duckdbDialect(shape);
  const raw = identifier(`${naming.view}_csv`);
  return {
    notes: [...commonNotes(shape, naming), 'The keys come from the environment or the AWS profile.'],
    pieces: [
      { name: 'extension', statement: 'INSTALL httpfs; LOAD httpfs; INSTALL aws; LOAD aws' },
      { name: 'secret', statement: secret(shape) },
      {
        name: 'decoding',
        statement:
          'CREATE OR REPLACE MACRO sediment_decoded(t) AS replace(replace(replace(replace(replace(replace(\n' +
          `  t, '\\\\', '\\_'), '\\n', chr(10)), '\\r', chr(13)), '\\0', chr(0)), '\\Z', chr(26)), '\\_', '\\')`,
      },
      { name: 'rawTable', statement: rawView(shape, raw) },
      {
        name: 'view',
        statement:
          `CREATE OR REPLACE VIEW ${identifier(naming.view)} AS\nSELECT ` +
          `${listed(selectList(shape, dialect, naming.dates))}\nFROM ${viewSource(shape, raw, dialect, 'filename')}`,
      },
    ],
  };
}

function secret({ region, endpoint }: ArchiveShape): string {
  const where = endpoint
    ? `, ENDPOINT '${new URL(endpoint).host}', USE_SSL ${endpoint.startsWith('https')}, URL_STYLE 'path'`
    : '';
  return `CREATE OR REPLACE SECRET sediment (TYPE s3, PROVIDER credential_chain, REGION '${region}'${where})`;
}

function rawView(shape: ArchiveShape, raw: string): string {
  const root = `s3://${shape.bucket}/${shape.folder}`;
  const folders = { hive: 'year=*/month=*/day=*', dt: 'dt=*', plain: '*/*/*' }[shape.layout];
  const files = shape.extensions.map((extension) => `'${root}${folders}/*${extension}'`);
  const columns = rawColumns(shape).map((name) => `'${name}': 'VARCHAR'`);
  // A line that is longer than the bound is an error; the buffer has to hold some of them.
  const long =
    shape.longestLine > defaultLine ? `, max_line_size=${shape.longestLine}, buffer_size=${shape.longestLine * 4}` : '';
  return (
    `CREATE OR REPLACE VIEW ${raw} AS\nSELECT *${pathColumns(shape)}\nFROM read_csv([${files.join(', ')}], ` +
    `delim=',', quote='"', escape='"', nullstr='\\N',\n  header=false, auto_detect=false, null_padding=true, filename=true${long}, ` +
    `${hive(shape)},\n  columns={${columns.join(', ')}})`
  );
}

function hive({ layout }: ArchiveShape): string {
  if (layout === 'plain') return 'hive_partitioning=false';
  const types = layout === 'dt' ? "'dt': VARCHAR" : "'year': INT, 'month': INT, 'day': INT";
  return `hive_partitioning=true, hive_types={${types}}`;
}

function pathColumns({ layout }: ArchiveShape): string {
  if (layout !== 'plain') return '';
  const at = (group: number) => `CAST(regexp_extract(filename, '/(\\d{4})/(\\d{2})/(\\d{2})/[^/]*$', ${group}) AS INT)`;
  return `, ${at(1)} AS year, ${at(2)} AS month, ${at(3)} AS day`;
}
