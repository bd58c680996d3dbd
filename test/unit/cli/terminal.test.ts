import { expect, test } from 'vitest';
import { calendarLines } from '../../../src/cli/text/calendar.ts';
import { bar, percent, rate, short, size, span } from '../../../src/cli/text/format.ts';
import { redraw, wrap } from '../../../src/cli/text/terminal.ts';
import type { Day } from '../../../src/model/day.ts';
import { dayReport } from '../../support/reports.ts';

test('a calendar puts each day under its number, in tens', () => {
  const days = [
    dayReport('2026-02-10', 'archived', { rowsArchived: 1 }),
    dayReport('2026-02-11', 'purged', { rowsArchived: 1, rowsDeleted: 1 }),
  ];
  const [head = '', february = '', legend] = calendarLines(days, '2026-02-10' as Day, '2026-02-28' as Day);
  expect(february.indexOf('x')).toBe(head.indexOf('11'));
  expect(february).toHaveLength(9 + 28 + 2);
  expect(legend).toBe('· not archived, a archived and verified, x purged');
});

test('figures say no more than is known', () => {
  expect([short(9_999), short(612_400), short(41_200_000), short(2.5e9)]).toEqual([
    '9,999',
    '612 k',
    '41.2 M',
    '2.5 bn',
  ]);
  expect([rate(0), rate(612), rate(18_400)]).toEqual(['0.0/s', '612/s', '18.4k/s']);
  expect([size(0), size(999), size(7.9e9)]).toEqual(['0 B', '999 B', '7.9 GB']);
  expect([span(0), span(45), span(11_400), span(187_200), span(3_601), span(1_589), span(545)]).toEqual([
    '0s',
    '45s',
    '3h 10m',
    '2d 4h',
    '1h',
    '26m',
    '9m 5s',
  ]);
  // Never full before the end.
  expect([percent(0.999), bar(0.99, 10), percent(1)]).toEqual(['99 %', '▇▇▇▇▇▇▇▇▇▁', '100 %']);
});

test('lines break at single spaces only, and no word is cut', () => {
  expect(wrap('ok       store  a bucket of long words', 20, '    ')).toEqual([
    'ok       store  a',
    '    bucket of long',
    '    words',
  ]);
  expect(wrap('a sediment-resume-bank.transactions', 10)).toEqual(['a', '  sediment-resume-bank.transactions']);
});

/** Enough of a terminal for what redraw writes. */
const esc = String.fromCharCode(27);
const written = new RegExp(`${esc}\\[(\\d+)A\r|(${esc}\\[K)|(${esc}\\[J)|(\n)|([^${esc}\n]+)`, 'g');

/** What it shows after some writes, line by line. */
function screenAfter(writes: readonly string[]): string[] {
  const rows = [''];
  let [row, column] = [0, 0];
  for (const [, up, clear, below, newline, plain] of writes.join('').matchAll(written)) {
    if (up) [row, column] = [row - Number(up), 0];
    else if (clear) rows[row] = rows[row]?.slice(0, column) ?? '';
    else if (below) rows.splice(row + (column > 0 ? 1 : 0));
    else if (newline) [row, column] = [row + 1, 0];
    else if (plain) {
      rows[row] = `${rows[row]?.slice(0, column) ?? ''}${plain}${rows[row]?.slice(column + plain.length) ?? ''}`;
      column += plain.length;
    }
  }
  return rows;
}

test('a frame stands where the last one stood, a shorter one leaves nothing of it, a higher one than the screen is cut', () => {
  const first = redraw(0, ['one', 'a longer line', 'three'], 25);
  const second = redraw(first.drawn, ['1', '2'], 25);
  expect(screenAfter([first.text, second.text])).toEqual(['1', '2']);
  expect(second.text).not.toContain('\x1b[2J');
  const high = redraw(
    0,
    Array.from({ length: 40 }, (_, index) => `line ${index}`),
    10,
  );
  expect(high.drawn).toBe(9);
  expect(screenAfter([high.text]).at(-1)).toBe('… 32 more lines');
});
