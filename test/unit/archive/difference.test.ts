import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Encoding } from '../../../src/archive/column.ts';
import {
  type Difference,
  describeDifference,
  mergeDifferences,
  RowComparison,
  rowKey,
} from '../../../src/archive/difference.ts';
import { type Row, writeRows } from '../../support/csvRows.ts';

const encodings: Encoding[] = ['bare', 'text'];
const row = (key: number, value: string | null): Row => [
  Buffer.from(String(key)),
  value === null ? null : Buffer.from(value),
];
const key = (number: number) => Buffer.from(String(number)).toString('hex');
/** A page of the table holds so many rows. */
const pageRows = 2;
const begin = (archived: Row[], keyBytesAtMost?: number) =>
  new RowComparison(writeRows(archived, encodings), { encodings, keyFields: [0], keyBytesAtMost });
const compare = (archived: Row[], now: Row[], keyBytesAtMost?: number) => {
  const comparison = begin(archived, keyBytesAtMost);
  for (let at = 0; at < now.length; at += pageRows) comparison.add(writeRows(now.slice(at, at + pageRows), encodings));
  const { more, ...difference } = comparison.end();
  expect(more).toBe(0);
  return difference;
};
const none: Difference = { added: [], changed: [], removed: [] };

describe('two sets of rows', () => {
  test.each([
    ['no row on either side', [], [], none],
    ['the same rows', [row(1, 'a'), row(2, null)], [row(1, 'a'), row(2, null)], none],
    ['the same rows in another order', [row(1, 'a'), row(2, 'b')], [row(2, 'b'), row(1, 'a')], none],
    ['a row that came', [], [row(1, 'a')], { ...none, added: [key(1)] }],
    ['a row that went', [row(1, 'a')], [], { ...none, removed: [key(1)] }],
    ['a row with another value', [row(1, 'a')], [row(1, 'b')], { ...none, changed: [key(1)] }],
    ['a value that became NULL', [row(1, 'a')], [row(1, null)], { ...none, changed: [key(1)] }],
    ['an empty value that became NULL', [row(1, '')], [row(1, null)], { ...none, changed: [key(1)] }],
    ['NULL that became an empty value', [row(1, null)], [row(1, '')], { ...none, changed: [key(1)] }],
    ['a text that reads like NULL', [row(1, '\\N')], [row(1, null)], { ...none, changed: [key(1)] }],
    ['a text that reads like NULL and a comma', [row(1, '\\N,')], [row(1, null)], { ...none, changed: [key(1)] }],
  ])('differ by %s', (_, archived, now, expected) => {
    expect(compare(archived, now)).toEqual(expected);
  });

  test('differ by exactly the keys whose rows differ', () => {
    const rows = fc
      .uniqueArray(fc.tuple(fc.nat(8), fc.option(fc.constantFrom('', 'a', '\\N,'))), { selector: ([number]) => number })
      .map((pairs) => pairs.map(([number, value]) => row(number, value)));
    fc.assert(
      fc.property(rows, rows, (archived, now) => {
        const found = compare(archived, now);
        for (let number = 0; number <= 8; number++) {
          const find = (side: Row[]) => side.find((each) => each[0]?.toString() === String(number));
          const [before, after] = [find(archived), find(now)];
          expect(found.added.includes(key(number))).toBe(!before && !!after);
          expect(found.removed.includes(key(number))).toBe(!!before && !after);
          const changed = !!before && !!after && JSON.stringify(before) !== JSON.stringify(after);
          expect(found.changed.includes(key(number))).toBe(changed);
        }
        // Backwards, what came has gone.
        const back = compare(now, archived);
        expect({ added: [...back.removed].sort(), removed: [...back.added].sort() }).toEqual({
          added: [...found.added].sort(),
          removed: [...found.removed].sort(),
        });
      }),
    );
  });

  test('name the first rows that came and count the others, where their keys take too much memory', () => {
    const comparison = begin([row(1, 'a'), row(2, 'b')], 8);
    comparison.add(writeRows([row(2, 'c'), ...[3, 4, 5, 6].map((number) => row(number, 'new'))], encodings));
    expect(comparison.end()).toEqual({ added: [3, 4, 5, 6].map(key), changed: [key(2)], removed: [key(1)], more: 0 });
    comparison.add(writeRows([row(7, 'new'), row(8, 'new')], encodings));
    expect(comparison.end()).toMatchObject({ added: [3, 4, 5].map(key), more: 3 });
  });

  test('are compared by all columns of a key, in its order', () => {
    const of = (one: string, other: string) => rowKey([Buffer.from(one), null, Buffer.from(other)], [2, 0]);
    expect(of('a', 'b')).toBe('62,61');
    expect(of('a', '')).not.toBe(of('', 'a'));
  });
});

const difference: fc.Arbitrary<Difference> = fc
  .array(fc.tuple(fc.constantFrom('added', 'changed', 'removed'), fc.constantFrom('a', 'b', 'c', 'd')), {
    maxLength: 4,
  })
  .map((entries) => {
    const of = (what: string) => [...new Set(entries.filter(([list]) => list === what).map(([, name]) => name))];
    return { added: of('added'), changed: of('changed'), removed: of('removed') };
  });
const sorted = ({ added, changed, removed }: Difference) => ({
  added: [...added].sort(),
  changed: [...changed].sort(),
  removed: [...removed].sort(),
});
const merge = (...differences: Difference[]) => sorted(mergeDifferences(differences));

describe('merged differences', () => {
  test.each([
    ['nothing', [], none],
    [
      'a row that moved to a later chunk',
      [
        { ...none, removed: ['a'] },
        { ...none, added: ['a'] },
      ],
      ['a'],
    ],
    [
      'a row that moved to an earlier chunk',
      [
        { ...none, added: ['a'] },
        { ...none, removed: ['a'] },
      ],
      ['a'],
    ],
    [
      'a row that two chunks held and that moved to a third',
      [
        { ...none, removed: ['a'] },
        { ...none, removed: ['a'] },
        { ...none, added: ['a'] },
      ],
      ['a'],
    ],
    [
      'a row that changed in one chunk and left another',
      [
        { ...none, changed: ['a'] },
        { ...none, removed: ['a'] },
      ],
      ['a'],
    ],
  ])('of %s', (_, differences, changed) => {
    expect(merge(...differences)).toEqual(Array.isArray(changed) ? { ...none, changed } : none);
  });

  test('are the same in any order and grouping, and twice the same is once', () => {
    fc.assert(
      fc.property(difference, difference, difference, (one, two, three) => {
        const whole = merge(one, two, three);
        expect(merge(three, one, two)).toEqual(whole);
        expect(merge(mergeDifferences([one, two]), three)).toEqual(whole);
        expect(merge(one, mergeDifferences([two, three]))).toEqual(whole);
        expect(merge(one, two, three, one)).toEqual(whole);
      }),
    );
  });

  test('name each key once, and lose none', () => {
    fc.assert(
      fc.property(fc.array(difference, { maxLength: 5 }), (differences) => {
        const { added, changed, removed } = mergeDifferences(differences);
        const named = [...added, ...changed, ...removed];
        expect(new Set(named).size).toBe(named.length);
        const given = differences.flatMap((each) => [...each.added, ...each.changed, ...each.removed]);
        expect(new Set(named)).toEqual(new Set(given));
      }),
    );
  });

  test('of the chunks of a day are the difference of the whole day, however its rows lie in chunks', () => {
    const rows = fc.uniqueArray(fc.tuple(fc.nat(9), fc.constantFrom('a', 'b'), fc.nat(2)), {
      selector: ([number]) => number,
    });
    fc.assert(
      fc.property(rows, rows, (archived, now) => {
        const of = (side: typeof archived, chunk?: number) =>
          side.filter((each) => chunk === undefined || each[2] === chunk).map(([number, value]) => row(number, value));
        const chunks = [0, 1, 2].map((chunk) => compare(of(archived, chunk), of(now, chunk)));
        const whole = compare(of(archived), of(now));
        // A row that only moved is in two chunks' differences, and none of the day's.
        const moved = now
          .filter(([number, , chunk]) => archived.some((each) => each[0] === number && each[2] !== chunk))
          .map(([number]) => key(number));
        expect(merge(...chunks)).toEqual(sorted({ ...whole, changed: [...new Set([...whole.changed, ...moved])] }));
      }),
    );
  });
});

describe('a difference in words', () => {
  test.each([
    [none, 'no row differs by now'],
    [{ ...none, added: [key(7)] }, '1 row added (7)'],
    [
      { added: [key(7)], changed: [1, 2, 3, 4].map(key), removed: [key(9), key(10)] },
      '4 rows changed (1, 2, 3, …), 1 row added (7), 2 rows removed (9, 10)',
    ],
    [{ ...none, added: [1, 2, 3].map(key) }, '70 rows added (1, 2, 3, …)', { added: 67 }],
    [{ ...none, removed: [`${key(1)},${Buffer.from('ü').toString('hex')}`] }, '1 row removed (1/ü)'],
  ] as [Difference, string, { added: number }?][])('%#', (given, text, unnamed) => {
    expect(describeDifference(given, unnamed)).toBe(text);
  });
});
