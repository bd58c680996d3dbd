import { cut, redraw, wrap } from '../../src/cli/text/terminal.ts';

/** Where the demo writes: a terminal, or a pipe. */
export interface Output {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
  write(text: string): unknown;
}

/** Lines that stay, and below them on a terminal a few that are redrawn in place. In a pipe only what stays is written. */
export class Screen {
  readonly #out: Output;
  #frame: readonly string[] = [];
  #drawn = 0;
  #closed = false;

  constructor(out: Output) {
    this.#out = out;
  }

  get isTerminal(): boolean {
    return this.#out.isTTY === true;
  }

  /** Never wider than 80 columns, so that it reads the same everywhere. */
  get #width(): number {
    return Math.min(80, this.#out.columns || 80);
  }

  /** Writes a text that stays, above the frame. */
  say(text: string): void {
    if (this.#closed) return;
    this.#write(text.split('\n').flatMap((line) => wrap(line, this.#width)));
  }

  /** Replaces the frame. The terminal would wrap a longer line into two, and the next frame would be drawn too low. */
  draw(lines: readonly string[]): void {
    if (this.#closed || !this.isTerminal) return;
    this.#frame = lines.map((line) => cut(line, this.#width));
    this.#write([]);
  }

  /** Leaves the last frame where it is; what follows is written below. */
  leaveFrame(): void {
    this.#frame = [];
    this.#drawn = 0;
  }

  /** Nothing is written any more but `last`. */
  close(last?: string): void {
    this.leaveFrame();
    if (last) this.say(last);
    this.#closed = true;
  }

  #write(stays: readonly string[]): void {
    if (!this.isTerminal) {
      for (const line of stays) this.#out.write(`${line}\n`);
      return;
    }
    this.#out.write(redraw(this.#drawn, [...stays, ...this.#frame], Number.MAX_SAFE_INTEGER).text);
    this.#drawn = this.#frame.length;
  }
}
