import { type Column, encodingOf } from '../archive/column.ts';
import { identifier } from '../mysql/quote.ts';
import type { Flavor, Session } from '../mysql/session/session.ts';

/** Keys in one statement: their hex stays well below max_allowed_packet's default. */
const keysAtOnce = 500;

/** Whether keys that differ in this column's bytes may be one key to the server: text, by its collation. */
function isCompared({ dataType, collation, ...column }: Column): boolean {
  return collation !== null && dataType !== 'enum' && encodingOf({ ...column, dataType }) === 'text';
}

/**
 * A text's weight in a column's collation, as SQL. On MariaDB of its first level alone: of several levels WEIGHT_STRING
 * prints more there than the comparison takes.
 */
function weightExpression(flavor: Flavor, hex: string, { charset, collation }: Column): string {
  const text =
    `CONVERT(_utf8mb4 x'${compared(hex, String(collation))}' USING ` +
    `${identifier(String(charset))}) COLLATE ${identifier(String(collation))}`;
  return `HEX(WEIGHT_STRING(${text}${flavor === 'mariadb' ? ' LEVEL 1' : ''}))`;
}

/**
 * For each key, as `rowKey` writes them, a text that it shares with every key that the server takes for the same one:
 * WEIGHT_STRING decides, by the column's own collation. A few others may share it too, so whether two keys are one is
 * asked of the server again.
 */
export async function keyWeights(
  session: Session,
  primaryKey: readonly Column[],
  keys: readonly string[],
): Promise<Map<string, string>> {
  const texts = primaryKey.flatMap((column, position) => (isCompared(column) ? [{ column, position }] : []));
  if (texts.length === 0) return new Map(keys.map((key) => [key, key]));
  const weights = new Map<string, string>();
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    // A space comes along: what it weighs counts for nothing at the end of a text, by most collations.
    const some = [texts.map(() => '20').join(','), ...keys.slice(at, at + keysAtOnce)];
    const selects = some.map((key, number) => {
      const values = key.split(',');
      const own = texts.map(({ column, position }, index) => {
        return `${weightExpression(session.flavor, values[number === 0 ? index : position] ?? '', column)} AS w${index}`;
      });
      return `SELECT ${number} AS number, ${own.join(', ')}`;
    });
    const [space, ...rows] = await session.rows(selects.join(' UNION ALL '));
    for (const row of rows) {
      const key = some[Number(row.number)] ?? '';
      const values = key.split(',');
      for (const [index, { position }] of texts.entries())
        values[position] = withoutSpaces(String(row[`w${index}`]), String(space?.[`w${index}`]));
      weights.set(key, values.join(','));
    }
  }
  return weights;
}

/** What a collation looks at of a text, where its weights have more than its comparison takes. */
function compared(hex: string, collation: string): string {
  if (/czech_cs$/.test(collation)) return withoutBlanks(hex);
  // MariaDB compares such texts up to the first null.
  if (collation === 'tis620_thai_nopad_ci') return /^(?:(?!00)..)*/.exec(hex)?.[0] ?? hex;
  return hex;
}

/** The old Czech collations weigh a text by four levels in a row, so a blank at its end weighs in the middle. */
function withoutBlanks(hex: string): string {
  const text = Buffer.from(hex, 'hex').toString('utf8');
  return text === ' ' ? hex : Buffer.from(text.replace(/[ \u00a0]+$/, '')).toString('hex');
}

function withoutSpaces(weight: string, space: string): string {
  let bare = weight;
  while (space !== '' && bare.endsWith(space)) bare = bare.slice(0, -space.length);
  return bare;
}
