import { expect, test } from 'vitest';
import { InvalidFilter, parseFilter, rowTest } from '../../../src/archive/rowFilter.ts';

const columns = ['id bigint', 'amount decimal', 'note varchar', 'payload blob', 't datetime', 'ratio double'].map(
  (text) => ({ name: text.split(' ')[0] ?? '', dataType: text.split(' ')[1] ?? '' }),
);
const row = (...values: (string | Buffer | null)[]) =>
  values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value));
const first = row('42', '7.50', "it's", Buffer.from([0, 255]), '2026-01-05 00:00:01.000000', '1.13e-8');

test('a condition is column = value, more of them joined by and', () => {
  expect(parseFilter("id = 42 and `a ``b` = 'it''s' AND payload = x'00ff' and note = null")).toEqual([
    { column: 'id', value: '42' },
    { column: 'a `b', value: "it's" },
    { column: 'payload', value: Buffer.from([0, 255]) },
    { column: 'note', value: null },
  ]);
});

test.each([
  '',
  'id',
  'id =',
  'id = 1 and',
  'id > 1',
  'id = 1 or id = 2',
  "note = 'open",
  '= 1',
  'id = 1; DROP TABLE x',
  'id = other',
  'id in (1)',
])('what isn’t a condition is refused with what to write: %s', (text) => {
  expect(() => parseFilter(text)).toThrow(InvalidFilter);
  expect(() => parseFilter(text)).toThrow(/Write column = value/);
});

test('values are equal as the archive writes them: numbers by value, times by theirs, texts and bytes exactly', () => {
  for (const condition of [
    'id = 42',
    "id = '042'",
    'amount = 7.5',
    "note = 'it''s'",
    "payload = x'00FF'",
    "t = '2026-01-05 00:00:01'",
    'ratio = 0.0000000113',
    "id = 42 and note = 'it''s'",
  ])
    expect([condition, rowTest(condition, columns)(first)]).toEqual([condition, true]);
  for (const condition of ['id = 420', 'amount = 7.05', "note = 'IT''S'", 'note = null', "t = '2026-01-05 00:00:10'"])
    expect([condition, rowTest(condition, columns)(first)]).toEqual([condition, false]);
  expect(rowTest('note = null', columns)(row('1', null, null, null, null, null))).toBe(true);
});

test('a column that the table lacks is refused with those that it has', () => {
  expect(() => rowTest('nope = 1', columns)).toThrow(/names nope, and the columns are id, amount, note/);
});
