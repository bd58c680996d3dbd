import { expect, test } from 'vitest';
import { Screen } from '../../../stack/demo/screen.ts';
import { eventLine, progressLine, serverLines } from '../../../stack/demo/text.ts';

/** What a terminal of so many columns shows in the end, and every byte that was written. */
function screenOf(columns?: number): { screen: Screen; bytes: string[]; shown: () => string[] } {
  const bytes: string[] = [];
  const tty = columns === undefined ? {} : { isTTY: true, columns, rows: 24 };
  const screen = new Screen({ ...tty, write: (text) => bytes.push(text) });
  return { screen, bytes, shown: () => render(bytes.join('')) };
}

/** The few control sequences that are used: up, clear to the line's end, clear below. */
function render(text: string): string[] {
  const lines: string[] = [];
  let row = 0;
  for (const [piece = '', up] of text.replaceAll('\x1b', '␛').matchAll(/␛\[(\d+)A\r|␛\[[KJ]|\n|[^␛\n]+/g)) {
    if (up) row -= Number(up);
    else if (piece === '␛[J') lines.splice(row);
    else if (piece === '\n') row++;
    else if (piece !== '␛[K') lines[row] = piece;
  }
  return lines;
}

test.each([80, 120])('at %i columns a few lines redraw in place, and what happens stays above them', (columns) => {
  const { screen, bytes, shown } = screenOf(columns);
  for (let done = 0; done <= 300; done += 100) screen.draw([progressLine('archived', done, 300, 'days of tables')]);
  screen.say(eventLine(12_345, 'the worker is killed by SIGKILL'));
  screen.draw([progressLine('archived', 132, 300, 'days of tables'), 'x'.repeat(200)]);
  expect(shown()).toEqual([
    '   12 s  the worker is killed by SIGKILL',
    'archived   ▇▇▇▇▇▇▇▇▁▁▁▁▁▁▁▁▁▁▁▁  132 of 300 days of tables, 44 %',
    `${'x'.repeat(79)}…`,
  ]);
  screen.leaveFrame();
  screen.say('below');
  expect(shown().at(-1)).toBe('below');
  // Each line is overwritten, so nothing flickers: what is cleared is only what lies below.
  expect(bytes.every((text) => text.endsWith('\x1b[J') && text.indexOf('\x1b[J') === text.length - 3)).toBe(true);
});

test('in a pipe only what stays is written, without a control sequence', () => {
  const { screen, bytes } = screenOf();
  screen.draw([progressLine('archived', 1, 300, 'days of tables')]);
  screen.say('one\ntwo');
  expect(bytes.join('')).toBe('one\ntwo\n');
});

test('a closed screen writes nothing more, whoever still works', () => {
  const { screen, bytes } = screenOf(80);
  screen.close('Interrupted');
  const before = bytes.length;
  screen.draw(['late']);
  screen.say('late');
  expect(bytes).toHaveLength(before);
});

test('servers have a tick each, and a fetch says from where, how much came and how much it is', () => {
  const up = new Map([
    ['Temporal', true],
    ['MySQL', false],
  ]);
  const fetching = { name: 'mysqld', source: "Debian's packages", megabytes: 325, megabytesSoFar: 83, ended: false };
  expect(serverLines(up, [fetching])).toEqual([
    'servers    ✓ Temporal   · MySQL',
    "           fetching mysqld from Debian's packages, once: 83 MB, in all about 325",
  ]);
});
