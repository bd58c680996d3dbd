import { type Column, encodingOf } from '../archive/column.ts';
import { identifier, literal } from './quote.ts';
import type { Flavor } from './session.ts';

const geometries = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geomcollection',
  'geometrycollection',
  'vector',
]);

/** A column's value, as the wire carries it into the transcoder and as the digest takes it: the one definition of DIALECT's casts. */
export function valueExpression(column: Column): string {
  const name = identifier(column.name);
  if (column.dropped) return 'NULL';
  if (column.dataType === 'double') return `CONCAT(${name})`;
  // A plain FLOAT is printed with 6 digits: 16777216 reads 16777200.
  if (column.dataType === 'float') return `CONCAT(${name} + 0e0)`;
  if (column.dataType === 'bit') return `(${name} + 0)`;
  if (geometries.has(column.dataType)) return `CAST(${name} AS BINARY)`;
  // The bytes of these are UTF-8 as they stand; as binary they mix with any collation, at half of CONVERT's price.
  if (isUtf8(column)) return `CAST(${name} AS BINARY)`;
  if (encodingOf(column) === 'text' && column.dataType !== 'time') return `CONVERT(${name} USING utf8mb4)`;
  return name;
}

function isUtf8(column: Column): boolean {
  return /char$|text$/.test(column.dataType) && ['utf8mb4', 'utf8mb3', 'utf8', 'ascii'].includes(column.charset ?? '');
}

/** The SHA-256, in hex, of a row's canonical text under `sha256-xor-v1`. */
export function rowDigestExpression(columns: readonly Column[], salt: string): string {
  const values = columns.map(valueExpression);
  const lengths = columns
    .filter((column) => !column.dropped && encodingOf(column) !== 'bare')
    .map((column) => `LENGTH(${isUtf8(column) ? identifier(column.name) : valueExpression(column)})`);
  return `SHA2(CONCAT_WS(x'1f', ${[salt, ...values, nullDigits(columns), ...lengths].join(', ')}), 256)`;
}

/**
 * A digit a column, 1 for NULL. ISNULL of the column, not of its expression: a value that a function lost can't pass for
 * NULL. A run of columns whose digit is fixed is one literal: with an argument a digit it would cost more than the hash.
 */
function nullDigits(columns: readonly Column[]): string {
  const pieces: string[] = [];
  let fixed = '';
  for (const column of columns) {
    if (column.dropped) fixed += '1';
    else if (!column.nullable) fixed += '0';
    else {
      if (fixed) pieces.push(`'${fixed}'`);
      fixed = '';
      pieces.push(`ISNULL(${identifier(column.name)})`);
    }
  }
  if (fixed) pieces.push(`'${fixed}'`);
  return `CONCAT(${pieces.join(', ')})`;
}

/** Rows whose digest is asked for: a table with its index hint, and a predicate. */
export interface DigestSource {
  columns: readonly Column[];
  /** The salt as SQL: a literal or a parameter. */
  salt: string;
  from: string;
  where: string;
  /** The column whose smallest and largest value are asked for too, as `min_key` and `max_key`. */
  bounded?: Column;
}

/**
 * A SELECT of `digest_rows` and `digest_xor` (64 hex digits; meaningless over no rows) of some rows, each row's text built once.
 * MariaDB's BIT_XOR takes 64 bits: four quarters, over a derived table that LIMIT keeps from being merged.
 */
export function digestQuery(source: DigestSource, flavor: Flavor, into = ''): string {
  const row = rowDigestExpression(source.columns, source.salt);
  const { from, where, bounded } = source;
  const keys = bounded
    ? `, ${boundExpression('MIN', bounded)} AS min_key, ${boundExpression('MAX', bounded)} AS max_key`
    : '';
  if (flavor === 'mysql')
    return `SELECT COUNT(*) AS digest_rows, LOWER(HEX(BIT_XOR(UNHEX(${row})))) AS digest_xor${keys} ${into} FROM ${from} WHERE ${where}`;
  const quarter = (index: number) =>
    `LPAD(LOWER(CONV(BIT_XOR(CAST(CONV(SUBSTR(row_digest, ${index * 16 + 1}, 16), 16, 10) AS UNSIGNED)), 10, 16)), 16, '0')`;
  return `SELECT COUNT(*) AS digest_rows, CONCAT(${[0, 1, 2, 3].map(quarter).join(', ')}) AS digest_xor${keys} ${into} FROM (SELECT ${row} AS row_digest${bounded ? `, ${identifier(bounded.name)}` : ''} FROM ${from} WHERE ${where} LIMIT 18446744073709551615) AS digested`;
}

/** A bound of a column over the rows, as text like a cursor's. */
function boundExpression(bound: 'MIN' | 'MAX', column: Column): string {
  const name = identifier(column.name);
  const kind = cursorKind(column);
  if (kind === 'hex') return `LOWER(HEX(${bound}(${name})))`;
  if (kind === 'enum' || column.dataType === 'bit') return `CONCAT(${bound}(${name} + 0))`;
  return `CONCAT(${bound}(${name}))`;
}

type CursorKind = 'number' | 'hex' | 'enum' | 'string';

function cursorKind(column: Column): CursorKind {
  if (column.dataType === 'enum') return 'enum';
  if (column.dataType === 'bit' || column.dataType === 'year' || /int$|^decimal$/.test(column.dataType))
    return 'number';
  return encodingOf(column) === 'base64' ? 'hex' : 'string';
}

/** ENUM keys are ordered by index: their cursor is a number that the row itself doesn't hold (P72). */
export function cursorExtra(column: Column): string | undefined {
  return cursorKind(column) === 'enum' ? `(${identifier(column.name)} + 0)` : undefined;
}

/** A cursor's value from the bytes on the wire. */
export function cursorText(column: Column, bytes: Buffer): string {
  return cursorKind(column) === 'hex' ? bytes.toString('hex') : bytes.toString('utf8');
}

/** A cursor's value as a literal that compares as its column does. @throws TypeError where it can't be one */
export function cursorLiteral(column: Column, value: string): string {
  const kind = cursorKind(column);
  if (kind === 'string') return literal(value);
  if (kind === 'hex') {
    if (!/^([0-9a-f]{2})*$/.test(value)) throw new TypeError(`cursor of ${column.name}: ${value} is no hex`);
    return `x'${value}'`;
  }
  if (!/^-?\d+(\.\d+)?$/.test(value)) throw new TypeError(`cursor of ${column.name}: ${value} is no number`);
  return value;
}
