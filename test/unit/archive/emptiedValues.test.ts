import { expect, test } from 'vitest';
import { type AlteredColumns, EmptiedValues } from '../../../src/archive/emptiedValues.ts';

const row = (...values: (string | null)[]) => values.map((value) => (value === null ? null : Buffer.from(value)));
const unaltered: AlteredColumns = { defaults: new Map(), computed: new Map(), retyped: new Map() };

test('values that became NULL or a column’s default are counted by column; others, and what was NULL, are not', () => {
  const emptied = new EmptiedValues({ ...unaltered, defaults: new Map([[2, '0.00']]) });
  emptied.add(row('1', 'a', '5.00'), row('1', null, '0.00'));
  emptied.add(row('2', 'b', '6.00'), row('2', 'c', '0.00'));
  emptied.add(row('3', null, '0.00'), row('3', null, '0.00'));
  emptied.add(row('4', 'd', '7.00'), row('4', '', '0.00'));
  expect(emptied.worst).toEqual({ field: 2, rows: 3, how: 'emptied', now: '0.00' });
});

test('nothing emptied has no worst column', () => {
  const emptied = new EmptiedValues(unaltered);
  emptied.add(row('1', 'a'), row('1', 'b'));
  expect(emptied.worst).toBeUndefined();
});

test('of a column that is filled by the clock, only rows of its one time are counted; of other computed ones all', () => {
  const emptied = new EmptiedValues({
    ...unaltered,
    computed: new Map([
      [1, 'once'],
      [2, 'each'],
    ]),
  });
  emptied.add(row('1', 'a', 'a'), row('1', '10:00', 'x'));
  emptied.add(row('2', 'b', 'b'), row('2', '10:00', 'y'));
  emptied.add(row('3', 'c', 'c'), row('3', '11:00', 'z'));
  expect(emptied.worst).toEqual({ field: 2, rows: 3, how: 'computed', now: 'x' });
  const clock = new EmptiedValues({ ...unaltered, computed: new Map([[1, 'once']]) });
  for (const at of ['10:00', '11:00', '10:00']) clock.add(row('1', 'a'), row('1', at));
  expect(clock.worst).toEqual({ field: 1, rows: 2, how: 'computed', now: '10:00' });
});

test.each([
  ['exact', '12.50', '13', true],
  ['exact', '12.50', '12.5000', false],
  ['exact', '100', '1', true],
  ['exact', '7', '7.00', false],
  ['exact', '40000', '32767', true],
  ['exact', '2026-01-05 00:00:00.000', '2026-01-05', false],
  ['exact', '2026-01-05 00:00:13.000', '2026-01-05', true],
  ['exact', '2026-01-05 08:00:00', '2026-01-05 06:00:00', true],
  ['other', 'a long text', 'a lon', true],
  ['other', 'a text', 'a longer text', false],
] as const)('under another type (%s) %s that is %s now is lost: %s', (type, before, now, lost) => {
  const emptied = new EmptiedValues({ ...unaltered, retyped: new Map([[0, type]]) });
  emptied.add(row(before), row(now));
  expect(emptied.worst !== undefined).toBe(lost);
});
