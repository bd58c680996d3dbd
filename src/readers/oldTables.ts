import type { ArchiveShape } from './archiveShape.ts';
import type { OldFiles, OldReader } from './oldFiles.ts';
import { type Naming, plainName } from './script.ts';
import type { Dialect } from './selectList.ts';
import { sparkDialect } from './sparkSql.ts';
import { duckdbDialect } from './targets/duckdb.ts';
import { trinoDialect } from './trinoSql.ts';

/** The readers that take old files along, each by a raw table of its own. */
export const oldReaders = { athena, databricks, duckdb, spark, trino } satisfies Record<string, MakeOldReader>;

type MakeOldReader = (shape: ArchiveShape, naming: Naming, old: OldFiles) => OldReader;

type DayPart = 'year' | 'month' | 'day';

/** The day out of an object's path: a pattern of three groups, in the folder's order. */
function pathPattern({ folder, name }: OldFiles): { pattern: string; group(part: DayPart): number } {
  const order = [...folder.matchAll(/\{(year|month|day)\}/g)].map(([, part]) => part);
  const digits = { '{year}': '(\\d{4})', '{month}': '(\\d{2})', '{day}': '(\\d{2})' };
  const pattern = Object.entries(digits).reduce(
    (text, [name, group]) => text.replace(name, group),
    `/${folder}${name}`.replaceAll('.', '\\.'),
  );
  return { pattern, group: (part) => order.indexOf(part) + 1 };
}

/** The folder above all days. */
function rootOf({ bucket, folder }: OldFiles): string {
  const above = folder.slice(0, folder.indexOf('{'));
  return `${bucket}/${above.slice(0, above.lastIndexOf('/') + 1)}`;
}

/** DuckDB's CSV reader takes MySQL's escapes as they are, but NUL, which it gives as the digit 0. */
function duckdb(shape: ArchiveShape, naming: Naming, old: OldFiles): OldReader {
  const dialect = duckdbDialect(shape);
  const raw = dialect.identifier(`${naming.view}_old`);
  const { pattern, group } = pathPattern(old);
  const glob = `${old.bucket}/${old.folder.replaceAll(/\{(year|month|day)\}/g, '*')}${old.name}*`;
  const columns = old.columns.map((_, position) => `'c${position}': 'VARCHAR'`);
  const part = (name: DayPart) => `regexp_extract(filename, '${pattern}', ${group(name)})`;
  return {
    files: old,
    dialect,
    statement:
      `CREATE OR REPLACE VIEW ${raw} AS\nSELECT * FROM read_csv('s3://${glob}', delim=',', quote='${old.enclosed ? '"' : ''}', ` +
      `escape='\\', nullstr='\\N',\n  strict_mode=false, header=false, auto_detect=false, filename=true, columns={${columns.join(', ')}})`,
    notes: ['a NUL in a text of theirs is read as the digit 0'],
    from: raw,
    field: (position) => `c${position}`,
    day: { year: part('year'), month: part('month'), day: part('day') },
    partition: (text) => `CAST(${text} AS INT)`,
  };
}

/** Hive's serde doesn't tell `\N` from the text N in these files, so the view takes lines apart itself. */
function trino(shape: ArchiveShape, naming: Naming, old: OldFiles): OldReader {
  const [last = '', catalog = 'hive'] = naming.schema.split('.').reverse();
  const raw = `${catalog}.${plainName(last)}.${plainName(naming.view)}_old`;
  const statement =
    `CREATE TABLE IF NOT EXISTS ${raw} (line varchar)\n` +
    `WITH (format = 'TEXTFILE', textfile_field_separator = U&'\\0001', external_location = 's3://${rootOf(old)}')`;
  return trinoLines(shape, old, {
    raw,
    statement,
    notes: ['Trino finds them below their folders by hive.recursive-directories=true in the catalogue’s properties.'],
  });
}

function athena(shape: ArchiveShape, naming: Naming, old: OldFiles): OldReader {
  const raw = `${plainName(naming.schema)}.${plainName(naming.view)}_old`;
  const statement =
    `CREATE EXTERNAL TABLE IF NOT EXISTS ${raw} (line string)\n` +
    `ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' LINES TERMINATED BY '\\n'\nSTORED AS TEXTFILE LOCATION 's3://${rootOf(old)}'`;
  return trinoLines(shape, old, {
    raw,
    statement,
    notes: ['Each query of the view reads all of them: they have no partitions.'],
  });
}

function trinoLines(
  shape: ArchiveShape,
  old: OldFiles,
  table: { raw: string; statement: string; notes: string[] },
): OldReader {
  return byLines(old, table, {
    dialect: trinoDialect(shape),
    path: '"$path"',
    literal: (text) => `'${text}'`,
    element: (position) => `element_at(fields, ${position + 1})`,
    nul: 'chr(0)',
    partition: (text) => text,
    notes: table.notes,
  });
}

function spark(shape: ArchiveShape, naming: Naming, old: OldFiles): OldReader {
  const dialect = sparkDialect(shape);
  const raw = dialect.identifier(`${naming.view}_old`);
  const statement =
    `CREATE OR REPLACE TEMPORARY VIEW ${raw} (line STRING)\n` +
    `USING text OPTIONS (path 's3a://${rootOf(old)}', recursiveFileLookup 'true', lineSep '\\n')`;
  return sparkLines(
    old,
    { raw, statement },
    { dialect, path: 'input_file_name()', partition: (text) => `CAST(${text} AS INT)` },
  );
}

function databricks(shape: ArchiveShape, naming: Naming, old: OldFiles): OldReader {
  const raw = `${naming.schema.split('.').map(plainName).join('.')}.${plainName(naming.view)}_old`;
  const statement =
    `CREATE OR REPLACE VIEW ${raw} AS\nSELECT value AS line, _metadata.file_path AS old_file\n` +
    `FROM read_files('s3://${rootOf(old)}', format => 'text', lineSep => '\\n', recursiveFileLookup => true)`;
  const partition = (text: string) => (shape.layout === 'plain' ? `CAST(${text} AS INT)` : text);
  return sparkLines(old, { raw, statement }, { dialect: sparkDialect(shape), path: 'old_file', partition });
}

function sparkLines(
  old: OldFiles,
  table: { raw: string; statement: string },
  sql: Pick<LineSql, 'dialect' | 'path' | 'partition'>,
): OldReader {
  return byLines(old, table, {
    ...sql,
    literal: (text) => `r'${text}'`,
    element: (position) => `try_element_at(fields, ${position + 1})`,
    nul: "CAST(X'00' AS STRING)",
    notes: [],
  });
}

interface LineSql {
  dialect: Dialect;
  /** Names a line's object. */
  path: string;
  literal(text: string): string;
  element(position: number): string;
  nul: string;
  partition(text: string): string;
  notes: string[];
}

/** One match a field, with the comma before it, so that no match is empty. */
export function fieldPattern({ enclosed }: Pick<OldFiles, 'enclosed'>): string {
  return enclosed ? ',("(?:[^"\\\\]|\\\\.)*"|[^,"]*)' : ',((?:[^,\\\\]|\\\\.)*)';
}

/** A text with a line feed makes two lines, neither of which has all fields: both are left out. */
function byLines(old: OldFiles, { raw, statement }: { raw: string; statement: string }, sql: LineSql): OldReader {
  const { literal, element } = sql;
  const { pattern, group } = pathPattern(old);
  const part = (name: DayPart) => `regexp_extract(old_path, ${literal(pattern)}, ${group(name)})`;
  const fields = `regexp_extract_all(CONCAT(',', line), ${literal(fieldPattern(old))}, 1)`;
  return {
    files: old,
    dialect: sql.dialect,
    statement,
    notes: [
      `lines that don't have ${old.columns.length} fields are left out, as both halves of a text with a line feed; how many: ` +
        `SELECT count(*) FROM (SELECT ${fields} AS fields FROM ${raw}) AS old_lines WHERE cardinality(fields) <> ${old.columns.length}`,
      ...sql.notes,
    ],
    from:
      `(SELECT * FROM (SELECT old_path, ${fields} AS fields FROM (SELECT line, ${sql.path} AS old_path FROM ${raw}) AS old_lines) AS old_rows ` +
      `WHERE cardinality(fields) = ${old.columns.length}) AS old_files`,
    field: (position) =>
      `CASE WHEN ${element(position)} <> ${literal('\\N')} THEN ${unescaped(element(position), old, sql)} END`,
    day: { year: part('year'), month: part('month'), day: part('day') },
    partition: sql.partition,
  };
}

/** MySQL escapes the backslash, NUL, and the enclosing sign, or without one the comma. */
function unescaped(field: string, { enclosed }: OldFiles, { literal, nul }: LineSql): string {
  const inside = enclosed
    ? `CASE WHEN ${field} LIKE '"%' THEN substr(${field}, 2, length(${field}) - 2) ELSE ${field} END`
    : field;
  const pairs = [
    [literal('\\\\'), literal('\\_')],
    enclosed ? [literal('\\"'), literal('"')] : [literal('\\,'), literal(',')],
    [literal('\\0'), nul],
    [literal('\\_'), literal('\\')],
  ];
  return pairs.reduce((value, [from, to]) => `replace(${value}, ${from}, ${to})`, inside);
}
