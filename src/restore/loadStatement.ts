import { type Column, encodingOf } from '../archive/column.ts';
import { readRows } from '../archive/csvReader.ts';
import type { TableName } from '../model/tableName.ts';
import { identifier, literal, qualified } from '../mysql/quote.ts';
import { chunkColumn } from './scratchTable.ts';

/** Rows of one chunk, and where they go. */
export interface ChunkTarget {
  target: TableName;
  /** The columns that the rows have, in the file's order. */
  columns: readonly Column[];
  /** The chunk's number in the target. */
  number: number;
}

/**
 * The sql_mode under which every archived value can be written: id 0, impossible dates and ENUM's error value. It isn't
 * strict, and cuts what doesn't fit: the digest finds that before anything is committed.
 */
export const loadingMode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION';

/** A LOAD DATA LOCAL of a chunk's CSV. */
export function loadStatement(into: ChunkTarget): string {
  return `LOAD DATA LOCAL INFILE 'chunk' ${intoTable(into, String(into.number))}`;
}

/**
 * Has an Aurora server load a whole part by itself. `@sediment_row` counts its rows, from 0 before, and so gives each the
 * number of its chunk.
 * @param into with the number of the part's first chunk
 * @param chunkRows the rows of each of its chunks
 */
export function fromS3Statement(into: ChunkTarget, uri: string, chunkRows: readonly number[]): string {
  let before = 0;
  const firstRows = chunkRows.map((rows) => {
    before += rows;
    return before - rows + 1;
  });
  const number = `${into.number - 1} + INTERVAL(@sediment_row := @sediment_row + 1, ${firstRows.join(', ')})`;
  return `LOAD DATA FROM S3 FILE ${literal(uri)} ${intoTable(into, number)}`;
}

/** Base64 and BIT go by a variable, because the server would take them as texts. */
function intoTable({ target, columns }: ChunkTarget, number: string): string {
  const fields: string[] = [];
  const sets = [`${identifier(chunkColumn)} = ${number}`];
  for (const [index, column] of columns.entries()) {
    const name = identifier(column.name);
    const base64 = encodingOf(column) === 'base64';
    if (!base64 && column.dataType !== 'bit') {
      fields.push(name);
      continue;
    }
    fields.push(`@v${index}`);
    sets.push(`${name} = ${base64 ? `FROM_BASE64(@v${index})` : `CAST(@v${index} AS UNSIGNED)`}`);
  }
  return (
    `INTO TABLE ${qualified(target.database, target.table)} CHARACTER SET utf8mb4 ` +
    `FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ` +
    `(${fields.join(', ')}) SET ${sets.join(', ')}`
  );
}

/** Below any server's max_allowed_packet, unless a single row is larger. */
const statementBytes = 512 << 10;

/** The same as INSERTs, for a server that takes no LOAD DATA LOCAL. */
export function* insertStatements({ target, columns, number }: ChunkTarget, csv: Buffer): Generator<string> {
  const names = [chunkColumn, ...columns.map(({ name }) => name)].map(identifier).join(', ');
  const begin = `INSERT INTO ${qualified(target.database, target.table)} (${names}) VALUES `;
  let rows: string[] = [];
  let bytes = 0;
  for (const row of readRows(csv, columns.map(encodingOf))) {
    const values = columns.map((column, field) => valueLiteral(column, row[field] ?? null));
    const text = `(${[number, ...values].join(', ')})`;
    if (rows.length > 0 && bytes + text.length > statementBytes) {
      yield begin + rows.join(', ');
      rows = [];
      bytes = 0;
    }
    rows.push(text);
    bytes += text.length;
  }
  if (rows.length > 0) yield begin + rows.join(', ');
}

/** An archived value as a literal that any column takes. */
export function valueLiteral(column: Column, value: Buffer | null): string {
  if (value === null) return 'NULL';
  const hex = value.toString('hex');
  if (encodingOf(column) === 'base64') return `x'${hex}'`;
  if (column.dataType === 'bit') return value.toString('latin1').replace(/[^0-9]/g, '');
  return `_utf8mb4 x'${hex}'`;
}
