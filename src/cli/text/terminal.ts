/** A line of output and its meaning, which a terminal shows by colour. */
export interface Line {
  text: string;
  tone?: Tone;
}

export type Tone = 'head' | 'bad' | 'waits';

const codes: Record<Tone, number> = { head: 1, bad: 31, waits: 33 };

/** The lines as text, coloured where `colour` is set. */
export function paint(lines: readonly Line[], colour: boolean): string[] {
  return lines.map(({ text, tone }) => (colour && tone && text ? `\x1b[${codes[tone]}m${text}\x1b[0m` : text));
}

/** The text in at most `width` columns; `…` marks where it was cut. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width
    ? text
    : `${characters
        .slice(0, Math.max(0, width - 1))
        .join('')
        .trimEnd()}…`;
}

/** The text in lines of at most `width` columns, broken at spaces; later ones begin with `indent`. A longer word is left whole, because it may be a command. */
export function wrap(text: string, width: number, indent = '  '): string[] {
  const lines: string[] = [];
  let line = '';
  // Several spaces separate columns, so no line is broken there.
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if ([...longer].length > width && line.trim() !== '') {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

/** Rows in columns, each as wide as its widest cell; the last one gets what `width` leaves it, and is cut. */
export function columns(rows: readonly (readonly string[])[], width: number): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => [...(row[index] ?? '')].length)));
  return rows.map((row) => {
    const padded = row.slice(0, -1).map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - [...cell].length));
    const before = padded.map((cell) => `${cell}  `).join('');
    return `${before}${cut(row.at(-1) ?? '', Math.max(10, width - before.length))}`.trimEnd();
  });
}

/**
 * What to write so that a frame of lines replaces the last one. Each line is overwritten and cleared to its end, so
 * that the screen doesn't flicker. A frame higher than the screen is cut, because what has scrolled away can't be redrawn.
 */
export function redraw(before: number, lines: readonly string[], screenRows: number): { text: string; drawn: number } {
  const most = Math.max(1, screenRows - 1);
  const visible =
    lines.length > most ? [...lines.slice(0, most - 1), `… ${lines.length - most + 1} more lines`] : lines;
  const up = before > 0 ? `\x1b[${before}A\r` : '';
  return { text: `${up}${visible.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`, drawn: visible.length };
}
