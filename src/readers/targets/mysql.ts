import type { Encoding } from '../../archive/column.ts';
import type { ArchiveShape, ViewColumn } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import type { Naming, Piece, Script } from '../script.ts';

const identifier = (name: string) => `\`${name.replaceAll('`', '``')}\``;

/** MySQL and MariaDB: a table of the same definition, filled by LOAD DATA part by part. */
export function mysqlScript(shape: ArchiveShape, naming: Naming): Script {
  const bits = bitColumns(shape.ddl);
  return {
    notes: [
      ...commonNotes(shape, naming).filter((note) => !note.includes('--dates')),
      'LOAD DATA reads no gzip. Get the parts first, into the folder that you run this in:',
      `aws s3 sync s3://${shape.bucket}/${shape.folder} . --exclude '*/_*' && find . -name '*.csv.gz' -exec gunzip {} +`,
    ],
    pieces: [
      {
        name: 'session',
        statement:
          "SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', foreign_key_checks = 0",
      },
      { name: 'schema', statement: `CREATE DATABASE IF NOT EXISTS ${identifier(naming.schema)}` },
      { name: 'use', statement: `USE ${identifier(naming.schema)}` },
      {
        name: 'table',
        statement: shape.ddl.replace(/^CREATE TABLE `(?:[^`]|``)+`/, `CREATE TABLE ${identifier(naming.view)}`),
      },
      ...shape.parts.map((part) => loading(shape, part, { table: identifier(naming.view), bits })),
    ],
  };
}

/** Names of the table's BIT columns: their type isn't told from a number's in a view. */
function bitColumns(ddl: string): ReadonlySet<string> {
  return new Set([...ddl.matchAll(/^\s*`((?:[^`]|``)+)` bit\(/gim)].map(([, name = '']) => name.replaceAll('``', '`')));
}

function loading(
  shape: ArchiveShape,
  part: ArchiveShape['parts'][number],
  { table, bits }: { table: string; bits: ReadonlySet<string> },
): Piece {
  const variables = Array.from({ length: part.width }, (_, position) => `@v${position}`);
  const sets = shape.columns.flatMap((column) => assignment(column, part, bits));
  const file = part.key.slice(shape.folder.length).replace(/\.gz$/, '');
  return {
    name: `part ${file}`,
    statement:
      `LOAD DATA LOCAL INFILE '${file}' ${shape.keepsBoth ? 'REPLACE ' : ''}INTO TABLE ${table} CHARACTER SET utf8mb4\n` +
      `FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'\n` +
      `(${variables.join(', ')})\nSET ${sets.join(', ')}`,
  };
}

/** Nothing for a column that the table lacks or computes by itself, or that the part doesn't have. */
function assignment(
  { name, sources, dropped, generated }: ViewColumn,
  { width, encodings }: ArchiveShape['parts'][number],
  bits: ReadonlySet<string>,
): string[] {
  if (dropped || generated) return [];
  const isBinary = sources[0]?.encoding === 'base64';
  const values = sources
    .filter(({ position }) => position < width)
    .map(({ position }) =>
      assigned(`@v${position}`, { encoding: encodings[position], isBinary, several: sources.length > 1 }),
    );
  if (values.length === 0) return [];
  const value = values.length === 1 ? values[0] : `COALESCE(${values.join(', ')})`;
  return [`${identifier(name)} = ${bits.has(name) ? `CAST(${value} AS UNSIGNED)` : value}`];
}

/** A place's value for the column as it is now. Text and bytes aren't mixed, because MySQL would convert the bytes. */
function assigned(
  variable: string,
  { encoding, isBinary, several }: { encoding: Encoding | undefined; isBinary: boolean; several: boolean },
): string {
  if (encoding === 'base64')
    return isBinary ? `FROM_BASE64(${variable})` : `CONVERT(FROM_BASE64(${variable}) USING utf8mb4)`;
  return isBinary && several ? `CAST(${variable} AS BINARY)` : variable;
}
