import { type Column, encodingOf } from './column.ts';

/** The text isn't a condition over a table's columns; the message says what to write. */
export class InvalidFilter extends Error {
  override readonly name = 'InvalidFilter';
  constructor(text: string, complaint: string) {
    super(
      `"${text}" ${complaint}. Write column = value, more of them joined by and, as in ` +
        `"customer_id = 42 and note = 'it''s'"; a value is a number, a 'text', x'hex' or null`,
    );
  }
}

/** One `column = value`. */
export interface Condition {
  column: string;
  /** Null for NULL; bytes for x'hex'. */
  value: string | Buffer | null;
}

const token =
  /\s*(?:`((?:[^`]|``)+)`|x'((?:[0-9a-f]{2})*)'|'((?:[^']|'')*)'|([\p{L}_$][\p{L}\p{N}_$]*)|([-+]?[\d.][\w.+:-]*)|(=))/iuy;

type Token = { kind: 'name' | 'hex' | 'text' | 'word' | 'number' | 'equals'; text: string };

/**
 * Reads `column = value [and column = value …]`: no more than what a file can be searched by without an SQL engine.
 *
 * @throws InvalidFilter
 */
export function parseFilter(text: string): Condition[] {
  const tokens = tokensOf(text);
  const conditions: Condition[] = [];
  for (let at = 0; at < tokens.length || at === 0; at += 4) {
    const [column, equals, value, and] = tokens.slice(at, at + 4);
    if (!column || (column.kind !== 'word' && column.kind !== 'name'))
      throw new InvalidFilter(text, column ? `has ${column.text} where a column’s name belongs` : 'ends too early');
    if (equals?.kind !== 'equals')
      throw new InvalidFilter(
        text,
        `has ${equals?.text ?? 'nothing'} behind ${column.text}, and = alone is understood`,
      );
    if (!value) throw new InvalidFilter(text, `has no value for ${column.text}`);
    conditions.push({ column: column.text, value: valueIn(text, value) });
    if (and && !(and.kind === 'word' && and.text.toLowerCase() === 'and'))
      throw new InvalidFilter(text, `has ${and.text} where and, or its end, belongs`);
    if (and && at + 4 >= tokens.length) throw new InvalidFilter(text, 'ends with and');
  }
  return conditions;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const kinds = ['name', 'hex', 'text', 'word', 'number', 'equals'] as const;
  token.lastIndex = 0;
  const end = text.trimEnd().length;
  while (token.lastIndex < end) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (!found) throw new InvalidFilter(text, `can't be read from ${JSON.stringify(text.slice(at).trim())} on`);
    const index = kinds.findIndex((_, group) => found[group + 1] !== undefined);
    const kind = kinds[index] ?? 'word';
    const raw = found[index + 1] ?? '';
    const quote = kind === 'name' ? '`' : "'";
    tokens.push({ kind, text: kind === 'name' || kind === 'text' ? raw.replaceAll(quote + quote, quote) : raw });
  }
  return tokens;
}

function valueIn(text: string, { kind, text: value }: Token): Condition['value'] {
  if (kind === 'hex') return Buffer.from(value, 'hex');
  if (kind === 'text' || kind === 'number') return value;
  if (kind === 'word' && value.toLowerCase() === 'null') return null;
  throw new InvalidFilter(text, `has ${value} where a value belongs`);
}

/** Whether a row, as the archive's reader gives it, is meant. */
export type RowTest = (row: readonly (Buffer | null)[]) => boolean;

/**
 * The conditions over a table's columns. Values are equal as the archive writes them: numbers by their value, times whatever
 * zeros their fraction ends in, texts and bytes exactly, upper and lower case too.
 *
 * @throws InvalidFilter where there is no such column
 */
export function rowTest(text: string, columns: readonly Pick<Column, 'name' | 'dataType'>[]): RowTest {
  const tests = parseFilter(text).map(({ column, value }) => {
    const field = columns.findIndex(({ name }) => name === column);
    const found = columns[field];
    if (!found)
      throw new InvalidFilter(
        text,
        `names ${column}, and the columns are ${columns.map(({ name }) => name).join(', ')}`,
      );
    if (value === null) return (row: readonly (Buffer | null)[]) => (row[field] ?? null) === null;
    const wanted = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    const normal = encodingOf(found) === 'bare' ? normalBare(found, wanted.toString('utf8')) : undefined;
    return (row: readonly (Buffer | null)[]) => {
      const bytes = row[field] ?? null;
      if (bytes === null) return false;
      return normal === undefined ? bytes.equals(wanted) : normalBare(found, bytes.toString('utf8')) === normal;
    };
  });
  return (row) => tests.every((test) => test(row));
}

/** A bare value as two equal ones both have it. */
function normalBare({ dataType }: Pick<Column, 'dataType'>, text: string): string {
  if (/^(date|datetime|timestamp)$/.test(dataType)) return text.replace(/(\.\d*?)0*$/, '$1').replace(/\.$/, '');
  if (dataType === 'double' || dataType === 'float') return String(Number(text));
  const [, sign = '', whole = '', fraction = ''] = /^([-+]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text) ?? [];
  if (whole === '' && fraction === '') return /^[-+]?[0.]+$/.test(text) ? '0' : text;
  return `${sign === '-' ? '-' : ''}${whole || '0'}${fraction ? `.${fraction}` : ''}`;
}
