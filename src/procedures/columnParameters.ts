import type { Column } from '../archive/column.ts';

/** A type wider than the column's, because a day's end may be later than the column's last value, and MySQL refuses such an argument (1292, 1264). */
export function windowType(column: Column): string {
  if (column.dataType === 'timestamp') return 'DATETIME(6)';
  return column.dataType.endsWith('int') ? 'BIGINT' : parameterType(column);
}

/** The column's own type, charset and collation (pitfall P73: a parameter of another collation changes the range). ENUM keys compare as numbers. */
export function parameterType(column: Column): string {
  if (column.dataType === 'enum') return 'BIGINT UNSIGNED';
  const collation =
    column.charset && column.collation ? ` CHARACTER SET ${column.charset} COLLATE ${column.collation}` : '';
  return `${column.columnType.replace(/ zerofill/, '')}${collation}`;
}
