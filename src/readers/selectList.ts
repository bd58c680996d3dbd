import type { Encoding } from '../archive/column.ts';
import type { ArchiveShape, ColumnSource, DayRange, ViewColumn } from './archiveShape.ts';
import type { ReadType } from './readType.ts';

/** How one SQL dialect writes what the view needs. */
export interface Dialect {
  identifier(name: string): string;
  /** A raw column as a value that is NULL where the file has `\N`. */
  field(position: number): string;
  /** Takes the backslashes out of a text. */
  decoded(value: string): string;
  /** The bytes of a text in base64. */
  fromBase64(value: string): string;
  /** The bytes of a text, for a column that was binary before. */
  bytesOf(value: string): string;
  /** @param lenient a value that the type can't hold becomes NULL, and the query goes on */
  cast(value: string, type: ReadType, lenient: boolean): string;
  /** The row's archived day as text, YYYY-MM-DD. */
  day: string;
  /** The columns that name the partition, as the raw table has them, and how the view computes each. */
  partition: { name: string; value: string }[];
}

export type Dates = 'null' | 'text';

/** The view's select list, a line per column: the table's own names and types, then the partition's columns. */
export function selectList(shape: ArchiveShape, dialect: Dialect, dates: Dates): string[] {
  const names = new Set(shape.columns.map(({ name }) => name.toLowerCase()));
  const own = shape.columns.map((column) => {
    const type = viewType(shape, column, dates);
    const values = column.sources.map((source) =>
      sourceValue(source, { type, dialect, lenient: isLenient(shape, column) }),
    );
    const value = values.length === 1 ? values[0] : `COALESCE(${values.join(', ')})`;
    return `${value} AS ${dialect.identifier(column.name)}`;
  });
  const partition = dialect.partition.map(({ name, value }) => {
    let free = name;
    while (names.has(free)) free = `archive_${free}`;
    return value === free ? value : `${value} AS ${free}`;
  });
  return [...own, ...partition];
}

/** Whether a column may hold dates that no calendar has: all but the one that told each row's day. */
export function isLenient({ timeColumn, undated }: ArchiveShape, { name }: ViewColumn): boolean {
  return name !== timeColumn || undated;
}

/** The view's type of a column. */
export function viewType(shape: ArchiveShape, column: ViewColumn, dates: Dates): ReadType {
  const isDate = column.type.kind === 'date' || column.type.kind === 'datetime';
  return isDate && dates === 'text' && isLenient(shape, column) ? { kind: 'text' } : column.type;
}

interface Wanted {
  type: ReadType;
  dialect: Dialect;
  lenient: boolean;
}

function sourceValue({ position, encoding, before }: ColumnSource, wanted: Wanted): string {
  const { dialect } = wanted;
  const written = (own: Encoding) => fieldValue(dialect.field(position), own, wanted);
  if (before.length === 0) return written(encoding);
  const cases = before.map(({ encoding: own, days }) => `WHEN ${within(dialect.day, days)} THEN ${written(own)}`);
  return `CASE ${cases.join(' ')} ELSE ${written(encoding)} END`;
}

function fieldValue(field: string, encoding: Encoding, { type, dialect, lenient }: Wanted): string {
  if (type.kind === 'binary') {
    if (encoding === 'base64') return dialect.fromBase64(field);
    return dialect.bytesOf(encoding === 'text' ? dialect.decoded(field) : field);
  }
  if (type.kind === 'text') return encoding === 'text' ? dialect.decoded(field) : field;
  return dialect.cast(field, type, lenient && (type.kind === 'date' || type.kind === 'datetime'));
}

function within(day: string, ranges: readonly DayRange[]): string {
  const each = ranges.map(({ from, to }) =>
    from === to ? `${day} = '${from}'` : `${day} BETWEEN '${from}' AND '${to}'`,
  );
  return each.length === 1 ? String(each[0]) : `(${each.join(' OR ')})`;
}

/** The raw columns' names: c0, c1 and so on. */
export function rawColumns({ width }: ArchiveShape): string[] {
  return Array.from({ length: width }, (_, position) => `c${position}`);
}

/** What partitions a layout has, by the names that readers give them. */
export function partitionNames({ layout }: ArchiveShape): string[] {
  return layout === 'dt' ? ['dt'] : ['year', 'month', 'day'];
}

/** A day's values of the partition's columns. */
export function partitionValues({ layout }: ArchiveShape, day: string): string[] {
  return layout === 'dt' ? [day] : day.split('-');
}

/** A day's folder below the table's. */
export function dayFolder(shape: ArchiveShape, day: string): string {
  const names = partitionNames(shape);
  const values = partitionValues(shape, day);
  return values.map((value, index) => (shape.layout === 'plain' ? `${value}/` : `${names[index]}=${value}/`)).join('');
}

/**
 * The view's source: the raw table, or with `recreated: keepBoth` the newest of each key in it. The later line is in a
 * later part, or further on in the same one, whose order is that of the time column.
 * @param path the expression that names a row's object
 */
export function viewSource(
  shape: ArchiveShape,
  raw: string,
  dialect: Pick<Dialect, 'partition'>,
  path: string,
): string {
  if (!shape.keepsBoth) return raw;
  const positionsOf = (name: string) =>
    shape.columns.find((column) => column.name === name)?.sources.map(({ position }) => `c${position}`) ?? [];
  const keys = [...shape.primaryKey.flatMap(positionsOf), ...dialect.partition.map(({ value }) => value)];
  const order = [`${path} DESC`, ...positionsOf(shape.timeColumn).map((column) => `${column} DESC`)];
  return (
    `(SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ${keys.join(', ')} ORDER BY ${order.join(', ')}) AS nth_newest ` +
    `FROM ${raw}) AS ranked WHERE nth_newest = 1) AS newest`
  );
}
