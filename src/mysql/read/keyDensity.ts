import type { Column } from '../../archive/column.ts';
import type { TableSchema } from '../schema/tableSchema.ts';

/** Rows are read by primary key while the key range spans less than 2 keys per row; 2 leaves room for auto_increment_increment = 2. */
export const sparsest = 2;

/**
 * The integer that is the primary key, apart from the time column. If a range's keys are dense, its rows are read by the
 * primary key in place of the time index, which saves a lookup per row. Measured on MySQL 9.7, server µs per row of 175
 * bytes: a page 0.9 against 1.6, its digest 1.6 against 2.3, a proved delete 5.6 against 8.1.
 */
export function denseKey({ primaryKey, timeColumn, index }: TableSchema): Column | undefined {
  const [key, ...others] = primaryKey.filter((column) => column.name !== timeColumn.name);
  return index !== 'PRIMARY' && others.length === 0 && key?.dataType.endsWith('int') ? key : undefined;
}

/** Whether so many rows between two keys are dense enough. */
export function isDense(low: string, high: string, rows: number): boolean {
  return BigInt(high) - BigInt(low) < BigInt(sparsest * rows);
}
