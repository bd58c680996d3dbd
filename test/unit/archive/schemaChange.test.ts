import { describe, expect, test } from 'vitest';
import { type Column, encodingOf, UnknownColumnType } from '../../../src/archive/column.ts';
import { schemaChange } from '../../../src/archive/schemaChange.ts';

const column = (name: string, columnType = 'int', more: Partial<Column> = {}): Column => ({
  name,
  dataType: columnType.split(/[( ]/)[0] ?? columnType,
  columnType,
  nullable: true,
  generated: false,
  charset: null,
  collation: null,
  ...more,
});
const dropped = (name: string, columnType = 'int') => column(name, columnType, { dropped: true });
const nothing = { added: [], dropped: new Set() };

describe('the columns of an archive beside the table’s', () => {
  test.each([
    ['are the same', [column('a'), column('b')], [column('a'), column('b')], nothing],
    ['gain one', [column('a')], [column('a'), column('b')], { ...nothing, added: ['b'] }],
    ['lose one', [column('a'), column('b')], [column('a'), dropped('b')], { ...nothing, dropped: new Set([1]) }],
    ['had lost one before already', [column('a'), dropped('b')], [column('a'), dropped('b')], nothing],
    [
      'had lost one that came again',
      [column('a'), dropped('b')],
      [column('a'), column('b')],
      { ...nothing, added: ['b'] },
    ],
    [
      'lose one and gain one of another type',
      [column('a'), column('b')],
      [column('a'), dropped('b'), column('c', 'bigint')],
      { added: ['c'], dropped: new Set([1]) },
    ],
    [
      'had one retyped before already',
      [column('a__blob', 'blob', { dropped: true, formerly: 'a' }), column('a', 'text')],
      [column('a__blob', 'blob', { dropped: true, formerly: 'a' }), column('a', 'text')],
      nothing,
    ],
    ['gain one that was dropped at once', [column('a')], [column('a'), dropped('b')], nothing],
    ['change a type within one encoding', [column('a', 'int')], [column('a', 'bigint unsigned')], nothing],
    ['change a length', [column('a', 'varchar(20)')], [column('a', 'text')], nothing],
    ['had lost one whose type changed the encoding before', [dropped('a', 'blob')], [dropped('a', 'text')], nothing],
  ])('%s', (_, archived, now, expected) => {
    expect(schemaChange(archived, now)).toEqual(expected);
  });

  test.each([
    [
      'a renaming',
      [column('a'), column('b')],
      [column('a'), dropped('b'), column('c')],
      /column b went and c came with the same type int, as by ALTER TABLE … RENAME COLUMN b TO c/,
    ],
    ['another encoding', [column('a', 'blob')], [column('a', 'text')], /column a was blob and is text/],
    [
      'another encoding of a column that came again',
      [dropped('a', 'blob')],
      [column('a', 'text')],
      /column a was blob and is text/,
    ],
    [
      'another encoding in a new place',
      [column('a', 'blob')],
      [column('a__blob', 'blob', { dropped: true, formerly: 'a' }), column('a', 'text')],
      /column a was blob and is text, as by ALTER TABLE … MODIFY a text/,
    ],
    ['an order of its own', [column('a'), column('b')], [column('b'), column('a')], /column a has lost its place/],
    ['fewer columns than the archive', [column('a'), column('b')], [column('a')], /column b has lost its place/],
  ])('that say %s aren’t bridged', (_, archived, now, message) => {
    expect(schemaChange(archived, now).unbridged).toMatch(message);
  });

  test('name the first of several reasons, and a renaming among more columns than one', () => {
    const archived = [column('a'), column('b', 'text'), column('c', 'blob')];
    const now = [dropped('a'), dropped('b', 'text'), column('c', 'text'), column('d', 'text')];
    expect(schemaChange(archived, now).unbridged).toMatch(/column b went and d came/);
    expect(schemaChange(archived, now).added).toEqual(['d']);
  });
});

describe('the encoding of a column', () => {
  test.each([
    ['bigint', 'bare'],
    ['bit', 'bare'],
    ['timestamp', 'bare'],
    ['time', 'text'],
    ['enum', 'text'],
    ['json', 'text'],
    ['varbinary', 'base64'],
    ['point', 'base64'],
    ['vector', 'base64'],
  ])('of %s is %s', (dataType, encoding) => {
    expect(encodingOf({ name: 'c', dataType })).toBe(encoding);
  });

  test('of a type without a rule is a refusal that names the column', () => {
    expect(() => encodingOf({ name: 'c', dataType: 'xml' })).toThrow(UnknownColumnType);
    expect(() => encodingOf({ name: 'c', dataType: 'xml' })).toThrow(/column c has type xml/);
  });
});
