import type { Column } from '../archive/column.ts';

/** The type that a reader gives a column: MySQL's, without what readers can't hold. */
export type ReadType =
  | { kind: 'integer'; bits: 8 | 16 | 32 | 64; unsigned: boolean }
  | { kind: 'decimal'; digits: number; scale: number }
  | { kind: 'float' | 'double' | 'date' | 'text' | 'binary' }
  | { kind: 'datetime'; fraction: number };

type Integer = Extract<ReadType, { kind: 'integer' }>;

const integers: Readonly<Record<string, Integer['bits']>> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 32,
  int: 32,
  bigint: 64,
};

/** The type of a column as one manifest has it. */
export function readTypeOf(column: Pick<Column, 'dataType' | 'columnType'> & { encoding: string }): ReadType {
  if (column.encoding === 'base64') return { kind: 'binary' };
  if (column.encoding === 'text') return { kind: 'text' };
  const { dataType, columnType } = column;
  const [, first = '', second = ''] = /\((\d+)(?:,(\d+))?\)/.exec(columnType) ?? [];
  const bits = integers[dataType];
  if (bits !== undefined) return { kind: 'integer', bits, unsigned: / unsigned/.test(columnType) };
  switch (dataType) {
    case 'bit':
      return { kind: 'integer', bits: 64, unsigned: Number(first) === 64 };
    case 'year':
      return { kind: 'integer', bits: 16, unsigned: false };
    case 'decimal':
      return { kind: 'decimal', digits: Number(first), scale: Number(second) };
    case 'float':
    case 'double':
    case 'date':
      return { kind: dataType };
    case 'datetime':
    case 'timestamp':
      return { kind: 'datetime', fraction: Number(first) };
    default:
      return { kind: 'text' };
  }
}

/** Decimal digits that any value of an integer type fits into. */
export function digitsOf({ bits, unsigned }: Integer): number {
  if (bits === 64) return unsigned ? 20 : 19;
  return { 8: 3, 16: 5, 32: 10 }[bits];
}

/** The narrowest type that holds every value of both: a column's type may have changed between two archived days. */
export function widest(one: ReadType, other: ReadType): ReadType {
  if (one.kind === 'binary' || other.kind === 'binary') return { kind: 'binary' };
  if (one.kind === 'integer' && other.kind === 'integer') return widestInteger(one, other);
  if (isExact(one) && isExact(other)) {
    const left = asDecimal(one);
    const right = asDecimal(other);
    const scale = Math.max(left.scale, right.scale);
    return { kind: 'decimal', digits: Math.max(left.digits - left.scale, right.digits - right.scale) + scale, scale };
  }
  if (isReal(one) && isReal(other)) return one.kind === other.kind ? one : { kind: 'double' };
  if ((isReal(one) && isSmall(other)) || (isReal(other) && isSmall(one))) return { kind: 'double' };
  const fraction = Math.max(fractionOf(one), fractionOf(other));
  if (isDate(one) && isDate(other))
    return one.kind === 'date' && other.kind === 'date' ? one : { kind: 'datetime', fraction };
  return { kind: 'text' };
}

function widestInteger(one: Integer, other: Integer): ReadType {
  if (one.unsigned === other.unsigned) return one.bits >= other.bits ? one : other;
  const unsigned = one.unsigned ? one : other;
  const signed = one.unsigned ? other : one;
  if (unsigned.bits === 64) return { kind: 'decimal', digits: 20, scale: 0 };
  const next = unsigned.bits === 32 ? 64 : unsigned.bits === 16 ? 32 : 16;
  return { kind: 'integer', bits: next > signed.bits ? next : signed.bits, unsigned: false };
}

const isReal = ({ kind }: ReadType) => kind === 'float' || kind === 'double';
/** Whether every value is a double too. */
const isSmall = (type: ReadType) => type.kind === 'integer' && type.bits <= 32;

function isExact(type: ReadType): type is Extract<ReadType, { kind: 'integer' | 'decimal' }> {
  return type.kind === 'integer' || type.kind === 'decimal';
}

function asDecimal(type: Extract<ReadType, { kind: 'integer' | 'decimal' }>): { digits: number; scale: number } {
  return type.kind === 'decimal' ? type : { digits: digitsOf(type), scale: 0 };
}

const isDate = ({ kind }: ReadType) => kind === 'date' || kind === 'datetime';

function fractionOf(type: ReadType): number {
  if (type.kind === 'date') return 0;
  return type.kind === 'datetime' ? type.fraction : Number.NEGATIVE_INFINITY;
}
