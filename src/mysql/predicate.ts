import type { Cursor } from '../archive/chunk.ts';
import type { DayWindow } from '../model/day.ts';
import { cursorLiteral } from './expressions.ts';
import { rangePredicate } from './range.ts';
import type { TableSchema } from './schema/tableSchema.ts';

/** The SQL predicate of a day's rows after one cursor and up to another. */
export function predicate(
  { schema, window }: { schema: TableSchema; window: DayWindow },
  after: Cursor | undefined,
  to: Cursor | undefined,
): string {
  const bound = (cursor: Cursor) =>
    schema.cursorColumns.map((column, index) => cursorLiteral(column, cursor[index] ?? ''));
  return rangePredicate(
    schema.cursorColumns,
    window.rows === undefined
      ? { start: cursorLiteral(schema.timeColumn, window.start), end: cursorLiteral(schema.timeColumn, window.end) }
      : window,
    { from: after && bound(after), to: to && bound(to) },
  );
}
