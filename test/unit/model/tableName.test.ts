import { describe, expect, test } from 'vitest';
import { formatTableName, InvalidTableName, parseTableName } from '../../../src/model/tableName.ts';

describe('a table’s name', () => {
  test.each([
    ['shop.orders', 'shop', 'orders'],
    ['`a.b`.c', 'a.b', 'c'],
    ['a.`b.c`', 'a', 'b.c'],
    ['a.`b``c`', 'a', 'b`c'],
    ['a.`b c`', 'a', 'b c'],
  ])('%s is read and written back', (text, database, table) => {
    expect(parseTableName(text)).toEqual({ database, table });
    expect(formatTableName({ database, table })).toBe(text);
  });

  test.each(['orders', 'a.b.c', 'a.', '.b', 'a.`b', 'a.``', 'a .b', ''])('%s is none', (text) => {
    expect(() => parseTableName(text)).toThrow(InvalidTableName);
  });
});
