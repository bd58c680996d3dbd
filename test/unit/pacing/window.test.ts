import { describe, expect, test } from 'vitest';
import { InvalidWindow, type PurgeWindow, parseWindow } from '../../../src/config/window.ts';
import { describeClosed, windowAt } from '../../../src/pacing/window.ts';

const read = (text: string): PurgeWindow => {
  const window = parseWindow(text);
  if (!window) throw new Error(`${text} is no window`);
  return window;
};
/** `open` or `closed`, until when. */
const at = (text: string, instant: string) => {
  const { open, changesAt } = windowAt(read(text), Date.parse(instant));
  const until = changesAt === undefined ? 'ever' : new Date(changesAt).toISOString().slice(0, 16);
  return `${open ? 'open' : 'closed'} until ${until}`;
};

describe('a purge window', () => {
  test.each([
    // Berlin is at UTC+1 in January: 22:00 is 21:00Z.
    ['22:00-06:00 Europe/Berlin', '2026-01-15T20:59:59Z', 'closed until 2026-01-15T21:00'],
    ['22:00-06:00 Europe/Berlin', '2026-01-15T21:00:00Z', 'open until 2026-01-16T05:00'],
    ['22:00-06:00 Europe/Berlin', '2026-01-16T04:59:59Z', 'open until 2026-01-16T05:00'],
    ['22:00-06:00 Europe/Berlin', '2026-01-16T05:00:00Z', 'closed until 2026-01-16T21:00'],
    // and at UTC+2 in July.
    ['22:00-06:00 Europe/Berlin', '2026-07-15T20:00:00Z', 'open until 2026-07-16T04:00'],
    ['09:00-17:00 UTC', '2026-01-15T12:00:00Z', 'open until 2026-01-15T17:00'],
    ['00:00-24:00 UTC', '2026-01-15T12:00:00Z', 'open until ever'],
    // 2026-01-16 is a Friday: its window reaches into Saturday, and the next is Monday's.
    ['Mon-Fri 22:00-06:00 UTC', '2026-01-16T23:00:00Z', 'open until 2026-01-17T06:00'],
    ['Mon-Fri 22:00-06:00 UTC', '2026-01-17T05:59:00Z', 'open until 2026-01-17T06:00'],
    ['Mon-Fri 22:00-06:00 UTC', '2026-01-17T22:30:00Z', 'closed until 2026-01-19T22:00'],
    ['Mon-Fri 22:00-06:00 UTC', '2026-01-19T03:00:00Z', 'closed until 2026-01-19T22:00'],
    ['sat,sun 00:00-24:00 UTC', '2026-01-17T05:00:00Z', 'open until 2026-01-19T00:00'],
    ['Sat-Mon 00:00-24:00 UTC', '2026-01-19T05:00:00Z', 'open until 2026-01-20T00:00'],
    ['Sun 01:00-02:00 UTC', '2026-01-18T02:00:00Z', 'closed until 2026-01-25T01:00'],
  ])('%s at %s is %s', (text, instant, expected) => {
    expect(at(text, instant)).toBe(expected);
  });

  test('over the change days keeps the stricter reading of an hour that is missing or comes twice (P36)', () => {
    // 2026-03-29, 02:00 to 03:00 is left out in Berlin.
    expect(at('22:00-06:00 Europe/Berlin', '2026-03-29T00:00:00Z')).toBe('open until 2026-03-29T04:00');
    expect(at('02:10-02:50 Europe/Berlin', '2026-03-29T00:30:00Z')).toBe('closed until 2026-03-30T00:10');
    expect(at('22:00-02:30 Europe/Berlin', '2026-03-29T00:45:00Z')).toBe('closed until 2026-03-29T20:00');
    // 2026-10-25, 02:00 to 03:00 comes twice: ends with the first, begins with the second.
    expect(at('22:00-02:30 Europe/Berlin', '2026-10-25T00:29:00Z')).toBe('open until 2026-10-25T00:30');
    expect(at('22:00-02:30 Europe/Berlin', '2026-10-25T01:10:00Z')).toBe('closed until 2026-10-25T21:00');
    expect(at('02:30-06:00 Europe/Berlin', '2026-10-25T00:45:00Z')).toBe('closed until 2026-10-25T01:30');
  });

  test('says when it opens, in its own zone', () => {
    const window = read('Mon-Fri 22:00-06:00 Europe/Berlin');
    const state = windowAt(window, Date.parse('2026-01-17T12:00:00Z'));
    expect(describeClosed(window, state)).toBe(
      'outside the purge window Mon-Fri 22:00-06:00 Europe/Berlin, which opens 2026-01-19 22:00',
    );
  });

  test.each([
    '22:00-06:00',
    '22-06 UTC',
    '22:00-06:00 +01:00',
    '22:00-06:00 Mars/Base',
    '25:00-06:00 UTC',
    '22:60-23:00 UTC',
    '22:00-22:00 UTC',
    '24:00-06:00 UTC',
    'Mo-Fri 22:00-06:00 UTC',
    'Mon-Wed-Fri 22:00-06:00 UTC',
    '',
  ])('"%s" is refused with what to write', (text) => {
    expect(() => parseWindow(text)).toThrow(InvalidWindow);
    expect(() => parseWindow(text)).toThrow(/Write /);
  });

  test('always is none', () => {
    expect(parseWindow('always')).toBeUndefined();
  });
});
