import type { Day } from '../model/day.ts';
import type { ArchiveShape, ViewColumn } from './archiveShape.ts';
import { listed, type Naming, type Script } from './script.ts';
import { type Dialect, partitionNames, viewType } from './selectList.ts';

/** Files that an earlier job wrote with INTO OUTFILE, a folder a day, which stay readable beside the archive. */
export interface OldFiles {
  bucket: string;
  /** The day's folder, `bank/{year}/{month}/{day}/`. */
  folder: string;
  /** How its files' names begin: `output_file.csv` has `output_file.csv.part_00000`; empty for all. */
  name: string;
  /** Days before it are read from the old files, it and later ones from the archive. */
  until: Day;
  /** Whether fields are enclosed by `"` (`OPTIONALLY` or not), or not at all. */
  enclosed: boolean;
  /** The columns in the files' order: as the table has them. */
  columns: string[];
}

/** The address isn't one of a folder a day. */
export class InvalidOldFiles extends Error {
  override readonly name = 'InvalidOldFiles';
}

/** @example parseOldUri('s3://bucket/bank/{year}/{month}/{day}/output_file.csv') @throws InvalidOldFiles */
export function parseOldUri(uri: string): Pick<OldFiles, 'bucket' | 'folder' | 'name'> {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/(.*)$/.exec(uri) ?? [];
  const whole = path === '' || path.endsWith('/') ? `${path}{year}/{month}/{day}/` : path;
  const template = path.includes('{') ? path : whole;
  const at = template.lastIndexOf('/') + 1;
  const folder = template.slice(0, at);
  const wanted = ['{year}', '{month}', '{day}'].every((each) => folder.split(each).length === 2);
  if (!bucket || !wanted || !/^[A-Za-z0-9/_.=-]*$/.test(template.replaceAll(/\{(year|month|day)\}/g, '')))
    throw new InvalidOldFiles(
      `--old "${uri}" names no folder a day. Write s3://bucket/database/, for s3://bucket/database/2026/01/05/…; or with ` +
        'places for the day, and how the files’ names begin: s3://bucket/database/{year}/{month}/{day}/output_file.csv',
    );
  return { bucket, folder, name: template.slice(at) };
}

/** The columns of `SELECT *` at the newest archived day, by its CREATE TABLE. */
export function columnsOfDdl(ddl: string): string[] {
  return [...ddl.matchAll(/^\s+`((?:[^`]|``)+)` /gm)].map(([, name = '']) => name.replaceAll('``', '`'));
}

/** How one reader takes the old files in. */
export interface OldReader {
  files: OldFiles;
  dialect: Dialect;
  /** Makes the raw table. */
  statement: string;
  /** What this reader can't read of them. */
  notes: string[];
  /** What the view selects from: the raw table, and what it needs before. */
  from: string;
  /** A field as text, NULL where the file has `\N`; by its place from 0. */
  field(position: number): string;
  /** The day's parts as text. */
  day: { year: string; month: string; day: string };
  /** A part of the day as the archive's raw table has it. */
  partition(text: string): string;
}

/** The same script, with the old files' raw table before the view, and their rows in it. */
export function withOldFiles(script: Script, shape: ArchiveShape, naming: Naming, reader: OldReader): Script {
  const { dialect, from, day, files: old } = reader;
  const undated = shape.undated ? ` OR ${dialect.day} = '0000-00-00'` : '';
  const oldDay = `(${day.year} || '-' || ${day.month} || '-' || ${day.day})`;
  const own = shape.columns.map(
    (column) => `${oldValue(shape, column, naming, reader)} AS ${dialect.identifier(column.name)}`,
  );
  const partition = partitionNames(shape).map((name) =>
    shape.layout === 'dt' ? oldDay : reader.partition(day[name as keyof typeof day]),
  );
  const union =
    `\nWHERE ${dialect.day} >= '${old.until}'${undated}\nUNION ALL\n` +
    `SELECT ${listed([...own, ...partition])}\nFROM ${from}\nWHERE ${oldDay} LIKE '____-__-__' AND ${oldDay} < '${old.until}'`;
  return {
    notes: [...script.notes, ...oldNotes(shape, old), ...reader.notes],
    pieces: script.pieces.flatMap((piece) =>
      piece.name === 'view'
        ? [
            { name: 'oldFiles', statement: reader.statement },
            { name: 'view', statement: piece.statement + union },
          ]
        : [piece],
    ),
  };
}

/** A column's value in an old file: text as it is, numbers and times by their types, and no bytes. */
function oldValue(
  shape: ArchiveShape,
  column: ViewColumn,
  { dates }: Naming,
  { files, dialect, field }: OldReader,
): string {
  const position = files.columns.indexOf(column.name);
  const type = viewType(shape, column, dates);
  // Raw bytes aren't text, and no reader of text gives them back.
  if (position < 0 || type.kind === 'binary') return 'NULL';
  return type.kind === 'text' ? field(position) : dialect.cast(field(position), type, true);
}

function oldNotes(shape: ArchiveShape, { bucket, folder, name, until, columns }: OldFiles): string[] {
  const binary = shape.columns.filter((column) => column.type.kind === 'binary' && columns.includes(column.name));
  return [
    `before ${until} the rows are those of s3://${bucket}/${folder}${name}*, which nothing proves; from then on the archive's`,
    `their columns, in order: ${columns.join(', ')}`,
    ...(binary.length > 0
      ? [`${binary.map((column) => column.name).join(', ')}: raw bytes in the old files, NULL here`]
      : []),
  ];
}
