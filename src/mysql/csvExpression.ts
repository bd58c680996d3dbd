import { type Column, encodingOf } from '../archive/column.ts';
import { valueExpression } from './expressions.ts';
import { identifier, literal } from './quote.ts';

const none = literal('\\N');

/** What a text doesn't hold as it is, and how the dialect writes it. The backslash first, because it begins the others. */
const escapes = [
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\0', '\\0'],
  ['\u001a', '\\Z'],
  ['"', '""'],
] as const;

/**
 * A column's field of `mysql-csv-v1` as SQL, for a server that writes the file itself: byte for byte what `CsvWriter` makes
 * of the row packet. IF and not IFNULL, because a function that loses a value (over max_allowed_packet) gives NULL too:
 * that NULL is printed as one, which no reader of the dialect takes for a value.
 */
export function csvExpression(column: Column): string {
  if (column.dropped) return none;
  const value = valueExpression(column);
  const encoding = encodingOf(column);
  const name = identifier(column.name);
  if (encoding === 'bare') return `IF(ISNULL(${name}), ${none}, CONCAT(${value}))`;
  const inner =
    encoding === 'text'
      ? escapes.reduce(
          (text, [from, to]) => `REPLACE(${text}, ${literal(from)}, ${literal(to)})`,
          textOf(column, value),
        )
      : `REPLACE(TO_BASE64(${value}), ${literal('\n')}, '')`;
  return `IF(ISNULL(${name}), ${none}, CONCAT('"', ${inner}, '"'))`;
}

/** The longest value that isn't quoted is a DOUBLE's or a BIGINT's; a longer DECIMAL is rare. */
const bareBytes = 20;

/** About how many bytes of CSV a row makes, as SQL: separators and quotes are counted, escapes aren't. */
export function csvBytesExpression(columns: readonly Column[]): string {
  let fixed = 0;
  const terms: string[] = [];
  for (const column of columns) {
    const encoding = encodingOf(column);
    fixed += encoding === 'bare' && !column.dropped ? bareBytes + 1 : 3;
    if (encoding === 'bare' || column.dropped) continue;
    const length = `COALESCE(LENGTH(${identifier(column.name)}), 0)`;
    terms.push(encoding === 'text' ? length : `${length} * 4 DIV 3`);
  }
  return [fixed, ...terms].join(' + ');
}

/** A TIME is printed, not a text. */
function textOf(column: Column, value: string): string {
  return column.dataType === 'time' ? `CONCAT(${value})` : value;
}
