import { createHash } from 'node:crypto';
import type { Cursor } from '../archive/chunk.ts';
import { rootPrefix } from '../archive/keys.ts';
import type { Config } from '../config/load.ts';
import type { Day } from '../model/day.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { csvExpression } from '../mysql/csvExpression.ts';
import { cursorExpression, cursorLiteral } from '../mysql/expressions.ts';
import { literal } from '../mysql/quote.ts';
import { rangePredicate } from '../mysql/range.ts';
import { indexedTable, TableRefused, type TableSchema } from '../mysql/schema/tableSchema.ts';
import { unpinnedExpression } from '../mysql/session/sessionVariables.ts';
import { parameterType, windowType } from './columnParameters.ts';
import { renderProcedure, type StoredProcedure } from './storedProcedure.ts';

/** A range of one day that the server writes in one statement: rows after one cursor, up to and with another. */
export interface WrittenRange {
  day: Day;
  epoch: number;
  /** Its number within the attempt. */
  number: number;
  window: { start: string; end: string };
  from: Cursor | undefined;
  to: Cursor | undefined;
}

type Store = Pick<Config['store'], 'bucket' | 'prefix' | 'region'>;

/** What may stand between the quotes of a URI: neither a quote nor what a URI or a pattern of keys reads in another way. */
const plain = { bucket: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, region: /^[a-z0-9-]+$/, prefix: /^[A-Za-z0-9/_.=-]*$/ };

/** Why the server can't be given this store's names in a statement; undefined if it can. */
export function unwritableStore(store: Store): string | undefined {
  const [name] = (['bucket', 'region', 'prefix'] as const).filter((key) => !plain[key].test(store[key]));
  if (name === undefined) return undefined;
  return `store.${name} is ${JSON.stringify(store[name])}, and a statement of Aurora's can name only ${plain[name].source} safely`;
}

/** Whether a key can be named in a URI of Aurora's as it is: another may be read in another way. */
export function isPlainKey(key: string): boolean {
  return plain.prefix.test(key);
}

/** Where the server writes a table's ranges, below the bucket's prefix. A hash, because a table's name may hold any letter. */
export function stagingFolder(prefix: string, name: TableName): string {
  return `${rootPrefix(prefix)}_staging/aurora/${tableHash(name)}/`;
}

function tableHash(name: TableName): string {
  return createHash('sha256').update(formatTableName(name)).digest('hex').slice(0, 16);
}

/** The number by which the procedure knows a day: 2026-01-05 is 20260105. */
export function dayNumber(day: Day): string {
  return day.replaceAll('-', '');
}

/** Where one attempt's ranges of a day are. */
export function attemptFolder(prefix: string, name: TableName, day: Day, epoch: number): string {
  return `${stagingFolder(prefix, name)}${dayNumber(day)}/e${epoch}/`;
}

/** Behind the URI: the fields bring their own quotes, and no key is written over. */
export const outfileFormat = ` FIELDS TERMINATED BY ',' ENCLOSED BY '' ESCAPED BY '' LINES TERMINATED BY '\\n' MANIFEST OFF OVERWRITE OFF`;

/** The procedure by which an Aurora server writes a range of a table into S3. @throws TableRefused for a name that would break out of the statement */
export function exportProcedure(ledger: string, store: Store, schema: TableSchema): StoredProcedure {
  const unwritable = unwritableStore(store);
  if (unwritable) throw new TableRefused(formatTableName(schema), `${unwritable}. Use others, or write engine: stream`);
  const variable = (name: string) => `@sediment_${name}`;
  const columns = schema.cursorColumns;
  const named = [
    { name: 'window_start', type: windowType(schema.timeColumn) },
    { name: 'window_end', type: windowType(schema.timeColumn) },
    ...columns.map((column, index) => ({ name: `from_${index}`, type: parameterType(column) })),
    ...columns.map((column, index) => ({ name: `to_${index}`, type: parameterType(column) })),
  ];
  const from = columns.map((_, index) => variable(`from_${index}`));
  const to = columns.map((_, index) => variable(`to_${index}`));
  const window = { start: variable('window_start'), end: variable('window_end') };
  const shapes = [
    { from: undefined, to: undefined },
    { from, to: undefined },
    { from: undefined, to },
    { from, to },
  ].map((bounds) => rangePredicate(columns, window, bounds));
  const folder = `s3-${store.region}://${store.bucket}/${stagingFolder(store.prefix, schema)}`;
  const fields = schema.columns.map(csvExpression).join(', ');
  const order = columns.map((column) => cursorExpression(column)).join(', ');
  return renderProcedure('export', ledger, {
    parameters: [`p_shape TINYINT`, ...named.map(({ name, type }) => `p_${name} ${type}`)]
      .map((parameter) => `, IN ${parameter}`)
      .join(''),
    unpinned: unpinnedExpression('mysql', 'REPEATABLE READ'),
    folder: literal(folder),
    mark: literal(markOf(schema)),
    bounds: `  SET ${named.map(({ name }) => `${variable(name)} = p_${name}`).join(', ')};`,
    select: literal(`${fields} FROM ${indexedTable(schema)} WHERE `),
    shapes: shapes.map((where, index) => `      WHEN ${index} THEN ${literal(where)}`).join('\n'),
    order: literal(` ORDER BY ${order}`),
    format: literal(outfileFormat),
  });
}

/** By which a range's statement is known in the server's list. */
export function statementMark(
  name: TableName,
  { day, epoch, number }: Pick<WrittenRange, 'day' | 'epoch' | 'number'>,
): string {
  return `${markOf(name)}${Number(dayNumber(day))} ${epoch} ${number} `;
}

function markOf(name: TableName): string {
  return `sediment ${tableHash(name)} `;
}

/** The CALL that writes a range. */
export function exportCall(procedure: StoredProcedure, schema: TableSchema, range: WrittenRange): string {
  const bound = (cursor: Cursor | undefined) =>
    schema.cursorColumns.map((column, index) => (cursor ? cursorLiteral(column, cursor[index] ?? '') : 'NULL'));
  const values = [
    dayNumber(range.day),
    range.epoch,
    range.number,
    (range.from ? 1 : 0) + (range.to ? 2 : 0),
    cursorLiteral(schema.timeColumn, range.window.start),
    cursorLiteral(schema.timeColumn, range.window.end),
    ...bound(range.from),
    ...bound(range.to),
  ];
  return `CALL ${procedure.name}(${values.join(', ')})`;
}
