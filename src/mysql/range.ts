import type { Column } from '../archive/column.ts';
import type { DayWindow } from '../model/day.ts';
import { cursorExpression } from './expressions.ts';

/** Rows of one day, `(from, to]` by cursor; undefined is the day's start or end. Bounds are SQL: literals or parameters. */
export interface RangeBounds {
  from: readonly string[] | undefined;
  to: readonly string[] | undefined;
}

/**
 * The predicate of a range, written out (`t > x OR (t = x AND pk > y)`) because MySQL doesn't use an index range for a row
 * comparison. It always includes the day's own half-open interval, so that a wrong cursor can't reach into another day.
 * @throws RangeError if a bound has another number of values than the cursor
 */
export function rangePredicate(columns: readonly Column[], window: DayWindow, bounds: RangeBounds, alias = ''): string {
  const [first] = columns;
  if (!first) throw new RangeError('a cursor has one column at least');
  const time = cursorExpression(first, alias);
  if (window.rows !== undefined) {
    const bounded = (values: readonly string[] | undefined, operator: Operator) =>
      values ? [compare(columns, values, operator, alias)] : [];
    return [window.rows, ...bounded(bounds.from, '>'), ...bounded(bounds.to, '<=')].join(' AND ');
  }
  const clauses = [`${time} >= ${window.start}`, `${time} < ${window.end}`];
  if (bounds.from) clauses.push(`${time} >= ${bounds.from[0]}`, compare(columns, bounds.from, '>', alias));
  if (bounds.to) clauses.push(`${time} <= ${bounds.to[0]}`, compare(columns, bounds.to, '<=', alias));
  return clauses.join(' AND ');
}

type Operator = '<' | '<=' | '>' | '>=';

/** @param operator of which only the last column's may include equality */
function compare(columns: readonly Column[], values: readonly string[], operator: Operator, alias: string): string {
  const [column, ...others] = columns;
  const [value, ...rest] = values;
  if (!column || value === undefined) throw new RangeError('a cursor has one value a cursor column');
  const name = cursorExpression(column, alias);
  if (others.length === 0) return `${name} ${operator} ${value}`;
  const strict = operator.slice(0, 1);
  return `(${name} ${strict} ${value} OR (${name} = ${value} AND ${compare(others, rest, operator, alias)}))`;
}
