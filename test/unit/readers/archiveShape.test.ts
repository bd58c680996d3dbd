import { expect, test } from 'vitest';
import { NothingArchived } from '../../../src/readers/archiveShape.ts';
import { longestLineOf } from '../../../src/readers/longestLine.ts';
import { readTypeOf, widest } from '../../../src/readers/readType.ts';
import { changedDays, manifestColumn, manifestOfDay, shapeOfDays } from '../../support/manifests.ts';

test('a column has the widest type that it ever had, and days of another encoding are told apart', () => {
  const { columns, days, width } = shapeOfDays(changedDays());
  expect(days).toEqual(['2026-08-01', '2026-08-10', '2026-08-28']);
  expect(width).toBe(15);
  const named = new Map(columns.map((column) => [column.name, column]));
  expect(named.get('n')?.type).toEqual({ kind: 'integer', bits: 64, unsigned: false });
  expect(named.get('amt')?.type).toEqual({ kind: 'decimal', digits: 12, scale: 4 });
  expect(named.get('code')).toMatchObject({
    type: { kind: 'text' },
    sources: [
      {
        position: 6,
        encoding: 'text',
        before: [{ encoding: 'bare', days: [{ from: '2026-08-01', to: '2026-08-10' }] }],
      },
    ],
  });
  expect(named.get('b')?.type).toEqual({ kind: 'binary' });
  expect(named.get('old')).toMatchObject({ dropped: true });
});

test('a column that moved to a new place is one column, its newest place first', () => {
  const first = [manifestColumn('id int'), manifestColumn('b blob')];
  const second = [
    manifestColumn('id int'),
    manifestColumn('b__blob blob', { formerly: 'b', dropped: true }),
    manifestColumn('b text'),
  ];
  const { columns } = shapeOfDays([manifestOfDay('2026-08-02', second), manifestOfDay('2026-08-01', first)]);
  expect(columns.map(({ name }) => name)).toEqual(['id', 'b']);
  expect(columns[1]).toMatchObject({
    type: { kind: 'binary' },
    dropped: false,
    sources: [
      { position: 2, encoding: 'text', before: [] },
      { position: 1, encoding: 'base64', before: [] },
    ],
  });
});

test('a table without a day that holds rows is refused, with the command that archives one', () => {
  const empty = manifestOfDay('2026-08-01', [manifestColumn('id int')], { parts: [] });
  expect(() => shapeOfDays([empty])).toThrow(NothingArchived);
  expect(() => shapeOfDays([])).toThrow('sediment run');
});

test.each([
  ['c tinyint', 'c tinyint unsigned', { kind: 'integer', bits: 16, unsigned: false }],
  ['c bigint', 'c bigint unsigned', { kind: 'decimal', digits: 20, scale: 0 }],
  ['c int unsigned', 'c bigint', { kind: 'integer', bits: 64, unsigned: false }],
  ['c int', 'c decimal(8,2)', { kind: 'decimal', digits: 12, scale: 2 }],
  ['c decimal(8,4)', 'c decimal(10,2)', { kind: 'decimal', digits: 12, scale: 4 }],
  ['c float', 'c double', { kind: 'double' }],
  ['c int', 'c double', { kind: 'double' }],
  ['c bigint', 'c double', { kind: 'text' }],
  ['c date', 'c datetime(3)', { kind: 'datetime', fraction: 3 }],
  ['c datetime(6)', 'c timestamp', { kind: 'datetime', fraction: 6 }],
  ['c date', 'c int', { kind: 'text' }],
  ['c int', 'c text', { kind: 'text' }],
  ['c text', 'c blob', { kind: 'binary' }],
  ['c bit(64)', 'c bit(1)', { kind: 'decimal', digits: 20, scale: 0 }],
])('%s and %s have one type that holds both', (one, other, type) => {
  const of = (definition: string) => readTypeOf(manifestColumn(definition));
  expect(widest(of(one), of(other))).toEqual(type);
  expect(widest(of(other), of(one))).toEqual(type);
});

test('only a column without a bound makes a line longer than a reader takes by itself', () => {
  const lineOf = (...definitions: string[]) => longestLineOf(definitions.map((each) => manifestColumn(each)));
  expect(lineOf('a int', 'b varchar(100)', 'c text', 'd varbinary(300)', 'e time')).toBe(
    100 + 800 + 131_070 + 600 + 100,
  );
  expect(lineOf('a int', 'b longtext')).toBe(Number.POSITIVE_INFINITY);
});
