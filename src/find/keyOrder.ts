import { type Column, encodingOf } from '../archive/column.ts';

/** Texts of digits, letters and hyphens, such as UUIDs and most codes. */
const plain = /^[0-9A-Za-z-]*$/;

/**
 * Collations that order plain texts as ASCII does once case is left out: the hyphen, the digits, the letters. Those of a
 * language may not: in Danish `aa` comes last. A test sorts by each of them on the servers.
 */
export const plainCollations: ReadonlySet<string> = new Set([
  'utf8mb4_0900_ai_ci',
  'utf8mb4_0900_as_ci',
  'utf8mb4_general_ci',
  'utf8mb4_unicode_ci',
  'utf8mb4_unicode_520_ci',
  'utf8mb3_general_ci',
  'utf8_general_ci',
  'latin1_swedish_ci',
  'latin1_general_ci',
  'ascii_general_ci',
  'utf8mb4_uca1400_ai_ci',
]);

/** Collations by bytes: plain texts are ordered as ASCII does, upper case first. */
export const byteCollations: ReadonlySet<string> = new Set([
  'utf8mb4_bin',
  'utf8mb4_0900_bin',
  'utf8mb3_bin',
  'utf8_bin',
  'latin1_bin',
  'ascii_bin',
]);

/**
 * Compares two values of a key's column, as a chunk index has them, as MySQL orders them; undefined where only the
 * server knows.
 */
export function compareKeys(column: Column, one: string, other: string): number | undefined {
  const { dataType, collation } = column;
  if (/int$|^(decimal|year|bit)$/.test(dataType)) {
    // A double tells neighbours of large numbers apart no more: equal ones count as near.
    return Number(one) - Number(other);
  }
  if (/^(date|datetime|timestamp)$/.test(dataType) || encodingOf(column) === 'base64') return byText(one, other);
  if (!/char$/.test(dataType) || collation === null || !plain.test(one) || !plain.test(other)) return undefined;
  if (byteCollations.has(collation)) return byText(one, other);
  return plainCollations.has(collation) ? byText(one.toLowerCase(), other.toLowerCase()) : undefined;
}

function byText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
