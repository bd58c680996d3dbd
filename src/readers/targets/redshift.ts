import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import { digitsOf, type ReadType } from '../readType.ts';
import { listed, type Naming, plainName, type Script } from '../script.ts';
import { type Dialect, partitionNames, selectList, viewSource } from '../selectList.ts';
import { dayText } from '../trinoSql.ts';

const backslash = 'CHR(92)';

function typeName(type: ReadType): string {
  switch (type.kind) {
    case 'integer':
      if (!type.unsigned) return { 8: 'smallint', 16: 'smallint', 32: 'integer', 64: 'bigint' }[type.bits];
      return { 8: 'smallint', 16: 'integer', 32: 'bigint', 64: `decimal(${digitsOf(type)},0)` }[type.bits];
    case 'decimal':
      return `decimal(${type.digits},${type.scale})`;
    case 'float':
      return 'real';
    case 'double':
      return 'double precision';
    case 'datetime':
      return 'timestamp';
    default:
      return type.kind;
  }
}

function dialectOf(shape: ArchiveShape): Dialect {
  const names = partitionNames(shape);
  // Literals hold no backslash, which Redshift would read as an escape.
  const code = (letter: string) => `${backslash} || '${letter}'`;
  return {
    identifier: (name) => `"${name.replaceAll('"', '""')}"`,
    field: (position) => `NULLIF(c${position}, ${code('N')})`,
    decoded: (value) =>
      `REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(${value}, ${backslash} || ${backslash}, ${code('_')}), ${code('n')}, CHR(10)), ` +
      `${code('r')}, CHR(13)), ${code('Z')}, CHR(26)), ${code('_')}, ${backslash})`,
    fromBase64: (value) => `TO_VARBYTE(${value}, 'base64')`,
    bytesOf: (value) => `TO_VARBYTE(${value}, 'utf8')`,
    cast(value, type, lenient) {
      if (type.kind === 'decimal' && type.digits > 38) return value;
      return `${lenient ? 'TRY_CAST' : 'CAST'}(${value} AS ${typeName(type)})`;
    },
    day: dayText(names),
    partition: names.map((name) => ({ name, value: name })),
  };
}

/** Redshift Spectrum, over the table that Glue's catalogue holds. */
export function redshiftScript(shape: ArchiveShape, naming: Naming): Script {
  const dialect = dialectOf(shape);
  const database = plainName(naming.schema);
  const view = plainName(naming.view);
  return {
    notes: [
      ...commonNotes(shape, naming),
      'By the documentation; not tried. The raw table is Glue’s: run --for glue first. Spectrum knows no projection.',
      'A VARCHAR ends at 65,535 bytes, and none holds NUL: \\0 stays as it is written.',
    ],
    pieces: [
      {
        name: 'externalSchema',
        statement:
          `CREATE EXTERNAL SCHEMA IF NOT EXISTS ${database}_archive FROM DATA CATALOG\n` +
          `DATABASE '${database}' REGION '${shape.region}' IAM_ROLE DEFAULT`,
      },
      { name: 'schema', statement: `CREATE SCHEMA IF NOT EXISTS ${database}` },
      {
        name: 'view',
        statement:
          `CREATE OR REPLACE VIEW ${database}.${view} AS\nSELECT ${listed(selectList(shape, dialect, naming.dates))}\n` +
          `FROM ${viewSource(shape, source(shape, `${database}_archive.${view}_csv`), dialect, 'file_path')}\nWITH NO SCHEMA BINDING`,
      },
    ],
  };
}

function source({ keepsBoth }: ArchiveShape, raw: string): string {
  return keepsBoth ? `(SELECT *, "$path" AS file_path FROM ${raw}) AS raw` : raw;
}
