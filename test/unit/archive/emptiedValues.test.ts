import { expect, test } from 'vitest';
import { EmptiedValues } from '../../../src/archive/emptiedValues.ts';

const row = (...values: (string | null)[]) => values.map((value) => (value === null ? null : Buffer.from(value)));

test('values that became NULL or a column’s default are counted by column; others, and what was NULL, are not', () => {
  const emptied = new EmptiedValues(new Map([[2, '0.00']]));
  emptied.add(row('1', 'a', '5.00'), row('1', null, '0.00'));
  emptied.add(row('2', 'b', '6.00'), row('2', 'c', '0.00'));
  emptied.add(row('3', null, '0.00'), row('3', null, '0.00'));
  emptied.add(row('4', 'd', '7.00'), row('4', '', '0.00'));
  expect(emptied.worst).toEqual({ field: 2, rows: 3, now: '0.00' });
});

test('nothing emptied has no worst column', () => {
  const emptied = new EmptiedValues(new Map());
  emptied.add(row('1', 'a'), row('1', 'b'));
  expect(emptied.worst).toBeUndefined();
});
