import type { Column } from '../archive/column.ts';
import type { Manifest } from '../archive/manifest.ts';
import { newestManifest } from '../archive/newestManifest.ts';
import type { TableName } from '../model/tableName.ts';
import { identifier, literal, qualified } from '../mysql/quote.ts';

/** The target's own column: the number of the chunk that a row came from. Invisible, so that SELECT * gives the table's columns. */
export const chunkColumn = 'sediment_chunk';
/** Chunks of a day are numbered from its number times this on. */
export const chunksADay = 1_000_000_000;

/** What a restored table is made from. */
export interface ScratchTable {
  target: TableName;
  columns: readonly Column[];
  primaryKey: readonly string[];
  timeColumn: string;
  comment: string;
}

/** A manifest's columns without what only the archive's writer needs. */
export function columnsOf({ columns }: Manifest): Column[] {
  return columns.map(({ encoding: _, ...column }) => column);
}

/** The columns of a table that takes the rows of several days. */
export function unitedColumns(manifests: readonly Manifest[]): Column[] {
  const newest = newestManifest(manifests);
  return newest ? columnsOf(newest) : [];
}

/** Columns whose type differs between a day's archive and the target, in words; a digest may differ because of them. */
export function retypedColumns(day: readonly Column[], target: readonly Column[]): string[] {
  return day.flatMap((column, position) => {
    const now = target[position];
    if (!now || (now.columnType === column.columnType && now.collation === column.collation)) return [];
    return [`${column.name} was ${typeOf(column)} and is ${typeOf(now)}`];
  });
}

/**
 * CREATE TABLE of the archive's columns with the types that were recorded. All of them are plain columns, generated ones too,
 * because what was archived is what comes back. The time column and the primary key are indexed; the key isn't unique by
 * itself, because it may be in the archive more than once: in two days, or in two passes of one day.
 */
export function createTableStatement({ target, columns, primaryKey, timeColumn, comment }: ScratchTable): string {
  const key = primaryKey.map(identifier).join(', ');
  const lines = [
    `${identifier(chunkColumn)} BIGINT UNSIGNED NOT NULL DEFAULT 0 /*!80023 INVISIBLE */ /*M!100303 INVISIBLE */`,
    ...columns.map((column) => `${identifier(column.name)} ${typeOf(column)} ${nullability(column, primaryKey)}`),
    `PRIMARY KEY (${[identifier(chunkColumn), key].join(', ')})`,
    `KEY ${identifier('sediment_key')} (${key})`,
    ...(primaryKey[0] === timeColumn ? [] : [`KEY ${identifier('sediment_time')} (${identifier(timeColumn)})`]),
  ];
  return (
    `CREATE TABLE ${qualified(target.database, target.table)} (\n  ${lines.join(',\n  ')}\n) ` +
    `ENGINE = InnoDB COMMENT = ${literal(comment)}`
  );
}

function nullability(column: Column, primaryKey: readonly string[]): string {
  if (!primaryKey.includes(column.name)) return 'NULL';
  // MariaDB would else give the first TIMESTAMP a default of its own, and write it at every update.
  return column.dataType === 'timestamp' ? "NOT NULL DEFAULT '1970-01-01 00:00:01'" : 'NOT NULL';
}

function typeOf({ columnType, charset, collation }: Column): string {
  return charset === null || collation === null
    ? columnType
    : `${columnType} CHARACTER SET ${charset} COLLATE ${collation}`;
}
