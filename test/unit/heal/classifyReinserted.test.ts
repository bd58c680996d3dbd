import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyReinserted, type LiveRow, rowsToLeave, segments } from '../../../src/heal/classifyReinserted.ts';

const hex = (text: string) => Buffer.from(text).toString('hex');
const row = (key: string, digest: string): LiveRow => ({ key: hex(key), cursor: ['2026-11-21', key], digest });

describe('a reinserted row', () => {
  const archived = new Map([
    [hex('1'), ['aa']],
    [hex('2'), ['aa', 'bb']],
  ]);

  test.each([
    ['no archived row has its key', row('3', 'aa'), 'fresh'],
    ['the archived row has other values', row('1', 'bb'), 'differing'],
    ['the archived row has its values', row('1', 'aa'), 'identical'],
    ['one of several archived rows has its values', row('2', 'bb'), 'identical'],
    ['none of several archived rows has its values', row('2', 'cc'), 'differing'],
  ] as const)('where %s', (_, found, expected) => {
    const nothing = { fresh: [], differing: [], identical: [] };
    expect(classifyReinserted([found], archived)).toEqual({ ...nothing, [expected]: [found] });
  });

  test('is in exactly one list, in the order of the table', () => {
    const rows = fc.array(fc.record({ key: fc.constantFrom('1', '2', '3'), digest: fc.constantFrom('aa', 'bb') }));
    fc.assert(
      fc.property(rows, (given) => {
        const live = given.map(({ key, digest }) => row(key, digest));
        const { fresh, differing, identical } = classifyReinserted(live, archived);
        expect(new Set([...fresh, ...differing, ...identical])).toEqual(new Set(live));
        expect(fresh.length + differing.length + identical.length).toBe(live.length);
        for (const list of [fresh, differing, identical])
          expect(list).toEqual(live.filter((each) => list.includes(each)));
      }),
    );
  });

  test('stays if it is identical, and under leave if it differs; a fresh one never stays', () => {
    const [same, other, fresh] = [row('1', 'aa'), row('1', 'cc'), row('3', 'aa')];
    const classified = classifyReinserted([same, other, fresh], archived);
    expect(rowsToLeave(classified, 'leave')).toEqual(new Set([same, other]));
    expect(rowsToLeave(classified, 'keepBoth')).toEqual(new Set([same]));
  });
});

describe('segments', () => {
  const at = (number: number) => row(String(number), 'aa');
  const [one, two, three, four, five] = [at(1), at(2), at(3), at(4), at(5)];

  test.each([
    ['no row', [], [], []],
    ['no row stays', [one, two, three], [], [[undefined, three]]],
    ['every row stays', [one, two], [one, two], []],
    ['the first row stays', [one, two, three], [one], [[one, three]]],
    ['the last row stays', [one, two, three], [three], [[undefined, two]]],
    [
      'rows stay in the middle',
      [one, two, three, four, five],
      [two, three],
      [
        [undefined, one],
        [three, five],
      ],
    ],
  ])('where %s', (_, rows, staying, expected) => {
    const found = segments(rows, new Set(staying));
    expect(found).toEqual(expected.map(([after, to]) => ({ after: after?.cursor, to: to?.cursor })));
  });

  test('hold every row that doesn’t stay, and no row that stays', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (stays) => {
        const rows = stays.map((_, number) => at(number));
        const staying = new Set(rows.filter((_, number) => stays[number]));
        const indexOf = (cursor: LiveRow['cursor'] | undefined) => rows.findIndex((each) => each.cursor === cursor);
        const held = segments(rows, staying).flatMap(({ after, to }) => {
          // Half-open, as a range read takes it: from the day's start, or behind the row that stays.
          const from = after === undefined ? 0 : indexOf(after) + 1;
          return rows.slice(from, indexOf(to) + 1);
        });
        expect(held).toEqual(rows.filter((each) => !staying.has(each)));
      }),
    );
  });
});
