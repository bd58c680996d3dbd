import { type Column, encodingOf, geometryTypes } from '../archive/column.ts';
import { identifier, literal } from './quote.ts';
import type { Flavor } from './session/session.ts';

/** Types whose bytes need a cast. */
const castTypes = new Set([...geometryTypes, 'vector']);

/** Charsets whose every text has a Unicode form that comes back as the same bytes: `test/feature/checks/charsets` tries all. */
const wholeCharsets = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'latin1', 'binary']);
/** MariaDB stores lone surrogates in these, and converts them to invalid UTF-8 and back. */
const surrogateCharsets = new Set(['ucs2', 'utf32']);

/** A column's name, qualified by the table's alias in procedures, whose variables would hide a column of the same name. */
function nameOf(column: Column, alias: string): string {
  return alias === '' ? identifier(column.name) : `${identifier(alias)}.${identifier(column.name)}`;
}

/**
 * Whether a text doesn't convert to UTF-8 and back to the same bytes, as SQL; undefined if every text of its charset does. A code that
 * has no character becomes `?` without a warning, or U+FFFD. Of two codes for one character (cp932 has some
 * hundred, sjis two for the backslash) one comes back as the other, so two keys would be one in the archive.
 */
export function lostTextExpression(column: Column, alias = ''): string | undefined {
  if (column.dropped || column.charset === null || wholeCharsets.has(column.charset)) return undefined;
  const name = nameOf(column, alias);
  const back = `CONVERT(CONVERT(${name} USING utf8mb4) USING ${column.charset})`;
  const lost = `NOT (CAST(${back} AS BINARY) <=> CAST(${name} AS BINARY))`;
  if (!surrogateCharsets.has(column.charset)) return lost;
  // UTF-16 is the only one of these in which neither server stores lone surrogates.
  const others = (text: string) => `CHAR_LENGTH(REPLACE(${text}, '?', ''))`;
  return `(${lost} OR NOT (${others(`CONVERT(${name} USING utf16)`)} <=> ${others(name)}))`;
}

/** A column's value as SQL, for the transcoder and for the digest: the only definition of the archive format's casts. */
export function valueExpression(column: Column): string {
  return castOf(column, identifier(column.name));
}

/** The same for the transcoder only. A column in the session's charset needs no CAST, which would cost three times as much. */
export function wireExpression(column: Column): string {
  const asStored = !column.dropped && isUtf8(column) && column.charset === 'utf8mb4';
  return asStored ? identifier(column.name) : valueExpression(column);
}

function castOf(column: Column, name: string): string {
  if (column.dropped) return 'NULL';
  if (column.dataType === 'double') return `CONCAT(${name})`;
  // MySQL prints a FLOAT with 6 digits (16777216 as 16777200). Times one and not plus zero, because -0 plus 0 is 0.
  if (column.dataType === 'float') return `CONCAT(${name} * 1e0)`;
  if (column.dataType === 'bit') return `(${name} + 0)`;
  if (castTypes.has(column.dataType)) return `CAST(${name} AS BINARY)`;
  // The bytes of these are UTF-8 already. As binary they mix with any collation, at half of CONVERT's cost.
  if (isUtf8(column)) return `CAST(${name} AS BINARY)`;
  if (encodingOf(column) === 'text' && column.dataType !== 'time') return `CONVERT(${name} USING utf8mb4)`;
  return name;
}

function isUtf8(column: Column): boolean {
  return /char$|text$/.test(column.dataType) && ['utf8mb4', 'utf8mb3', 'utf8', 'ascii'].includes(column.charset ?? '');
}

/** The SHA-256, in hex, of a row's canonical text under `sha256-xor-v1`; NULL if a value can't be represented whole. */
export function rowDigestExpression(columns: readonly Column[], salt: string, alias = ''): string {
  const values = columns.map((column) => castOf(column, nameOf(column, alias)));
  const lengths = columns
    .filter((column) => !column.dropped && encodingOf(column) !== 'bare')
    .map((column) => (isUtf8(column) ? nameOf(column, alias) : castOf(column, nameOf(column, alias))))
    .map((value) => `LENGTH(${value})`);
  const text = `CONCAT_WS(x'1f', ${[salt, ...values, nullDigits(columns, alias), ...lengths].join(', ')})`;
  const lost = columns.map((column) => lostTextExpression(column, alias)).filter((each) => each !== undefined);
  return lost.length === 0 ? `SHA2(${text}, 256)` : `IF(${lost.join(' OR ')}, NULL, SHA2(${text}, 256))`;
}

/**
 * One digit per column, 1 for NULL. ISNULL of the column and not of its expression, so that a value that a function lost doesn't count as
 * NULL. Consecutive fixed digits are one literal, because one argument per digit would cost more than the hash.
 */
function nullDigits(columns: readonly Column[], alias: string): string {
  const pieces: string[] = [];
  let fixed = '';
  for (const column of columns) {
    if (column.dropped) fixed += '1';
    else if (!column.nullable) fixed += '0';
    else {
      if (fixed) pieces.push(`'${fixed}'`);
      fixed = '';
      pieces.push(`ISNULL(${nameOf(column, alias)})`);
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
  /** The table's alias in `from`, if it has one. */
  alias?: string;
  /** Locks each row that it reads, as FOR UPDATE does; MySQL only. Inside the derived table, because an outer FOR UPDATE doesn't lock its rows. */
  locking?: boolean;
  /** How large a row is, as SQL: the answer has the sum as `digest_bytes`. */
  bytes?: string | undefined;
}

/**
 * A SELECT of some rows' `digest_rows`, `digest_xor` (64 hex digits; meaningless over no rows) and `digest_lost`: the
 * rows without a digest, because a value is over max_allowed_packet or has no Unicode form. Their bytes are in
 * no digest, so nothing is proved if `digest_lost` isn't 0.
 *
 * Each row's text is built once, in a derived table that LIMIT keeps from being merged (costs 4 % on MySQL 9.7; building it
 * twice costs 80 %). MariaDB's BIT_XOR takes 64 bits, so there the digest is four quarters.
 */
export function digestQuery(source: DigestSource, flavor: Flavor, into = ''): string {
  const { from, where, alias = '' } = source;
  const row = rowDigestExpression(source.columns, source.salt, alias);
  const digested = flavor === 'mysql' ? `UNHEX(${row})` : row;
  const quarter = (index: number) =>
    `LPAD(LOWER(CONV(BIT_XOR(CAST(CONV(SUBSTR(row_digest, ${index * 16 + 1}, 16), 16, 10) AS UNSIGNED)), 10, 16)), 16, '0')`;
  const xor =
    flavor === 'mysql' ? 'LOWER(HEX(BIT_XOR(row_digest)))' : `CONCAT(${[0, 1, 2, 3].map(quarter).join(', ')})`;
  const sized = source.bytes === undefined ? '' : `, ${source.bytes} AS row_bytes`;
  const bytes = sized && ', COALESCE(SUM(row_bytes), 0) AS digest_bytes';
  const locking = source.locking ? ' FOR UPDATE' : '';
  const rows = `SELECT ${digested} AS row_digest${sized} FROM ${from} WHERE ${where} LIMIT 18446744073709551615${locking}`;
  return (
    `SELECT COUNT(*) AS digest_rows, ${xor} AS digest_xor, COUNT(*) - COUNT(row_digest) AS digest_lost${bytes} ${into} ` +
    `FROM (${rows}) AS digested`
  );
}

/** The smallest or largest value of a column, as text, like a cursor's value. */
export function boundExpression(bound: 'MIN' | 'MAX', column: Column): string {
  const kind = cursorKind(column);
  const name = identifier(column.name);
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

/** MySQL orders ENUM keys by their index, so a cursor holds that number and not the value (pitfall P72). */
export function cursorExtra(column: Column): string | undefined {
  return cursorKind(column) === 'enum' ? `(${identifier(column.name)} + 0)` : undefined;
}

/** What a cursor's value is compared with. */
export function cursorExpression(column: Column, alias = ''): string {
  const name = nameOf(column, alias);
  return cursorKind(column) === 'enum' ? `(${name} + 0)` : name;
}

/** A cursor's value from a row packet's bytes. */
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
