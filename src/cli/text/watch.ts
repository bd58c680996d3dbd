import { pause } from '../../pacing/pause.ts';
import { exitCodes } from '../output.ts';
import { screen } from '../screen.ts';
import { cut, type Line, paint, redraw } from './terminal.ts';

const terminalMillis = 1_000;
const pipeMillis = 10_000;
/** Of a terminal that nobody has given a size. */
const unsizedRows = 24;

/** Draws again and again until Ctrl-C: in place on a terminal, in a pipe one text after the other with a blank line between. */
export async function watch(read: (width: number) => Promise<readonly Line[]>): Promise<number> {
  const out = process.stdout;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  // The reader of the pipe has gone, as `head` does. That ends the command and is no failure.
  out.once('error', () => stop.abort());
  let drawn = 0;
  if (out.isTTY) out.write('\x1b[?25l');
  // In a narrower window the old lines are wrapped, and their number is unknown: clear the screen.
  out.on('resize', () => {
    out.write('\x1b[2J\x1b[H');
    drawn = 0;
  });
  try {
    while (!stop.signal.aborted) {
      const { width, colour } = screen();
      const lines = await read(width);
      if (stop.signal.aborted) break;
      if (out.isTTY) {
        const frame = redraw(drawn, paint(fitted(lines, width), colour), out.rows || unsizedRows);
        out.write(frame.text);
        drawn = frame.drawn;
      } else out.write(`${lines.map(({ text }) => text).join('\n')}\n\n`);
      await pause(out.isTTY ? terminalMillis : pipeMillis, stop.signal);
    }
  } finally {
    if (out.isTTY) out.write('\x1b[?25h');
  }
  return exitCodes.ok;
}

/** The terminal would wrap a longer line into two, and the next frame would be drawn too low. */
function fitted(lines: readonly Line[], width: number): Line[] {
  return lines.map((line) => ({ ...line, text: cut(line.text, width) }));
}
