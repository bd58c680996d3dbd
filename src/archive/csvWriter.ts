import type { Encoding } from './column.ts';

const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;
const backslash = 0x5c;

/** For each byte: 0 copies it, 1 doubles it, any other value is written behind a backslash in its place. */
const escapes = new Uint8Array(256);
escapes[quote] = 1;
escapes[backslash] = backslash;
escapes[lineFeed] = 0x6e;
escapes[0x0d] = 0x72;
escapes[0x00] = 0x30;
escapes[0x1a] = 0x5a;

/** From this many bytes on, one call of copy() is faster than a loop (measured with Node 20). */
const longRun = 160;

/** Writes a text, quoted and escaped; it takes at most twice its length and two bytes. @returns the position behind it */
export function quoteText(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  let to = at;
  target[to++] = quote;
  for (let index = start; index < end; index++) {
    const byte = source[index] as number;
    const escaped = escapes[byte] as number;
    if (escaped === 0) target[to++] = byte;
    else {
      target[to++] = escaped === 1 ? quote : backslash;
      target[to++] = escaped === 1 ? quote : escaped;
    }
  }
  target[to++] = quote;
  return to;
}

/** Buffers of pages that are no longer needed: allocating a megabyte per page would keep the garbage collector busy. */
const spare: Buffer[] = [];
const spares = 4;
const largestSpare = 16 << 20;

/** Gives a buffer of `take` to later writers. The caller must hold the only reference to it. */
export function recycle(csv: Buffer): void {
  const whole = Buffer.from(csv.buffer);
  if (spare.length < spares && whole.length > Buffer.poolSize && whole.length <= largestSpare) spare.push(whole);
}

/** Collects rows of `mysql-csv-v1` in one growing buffer. It takes values as raw bytes, because a JavaScript value could lose some. */
export class CsvWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(initialBytes?: number) {
    this.#buffer =
      initialBytes === undefined ? (spare.pop() ?? Buffer.allocUnsafe(1 << 20)) : Buffer.allocUnsafe(initialBytes);
  }

  get bytes(): number {
    return this.#length;
  }

  /** Returns what was written, without a copy, and starts again from nothing. The buffer is the caller's, who may `recycle` it. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }

  null(): void {
    this.#reserve(2);
    this.#buffer[this.#length++] = backslash;
    this.#buffer[this.#length++] = 0x4e;
  }

  value(encoding: Encoding, source: Buffer, start: number, end: number): void {
    if (encoding === 'bare') this.#bare(source, start, end);
    else if (encoding === 'text') this.#text(source, start, end);
    else this.#base64(source, start, end);
  }

  separator(): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = comma;
  }

  /** A whole row. Fields that it lacks are NULL. */
  row(values: readonly (Buffer | null)[], encodings: readonly Encoding[]): void {
    for (const [field, encoding] of encodings.entries()) {
      const value = values[field] ?? null;
      if (field > 0) this.separator();
      if (value === null) this.null();
      else this.value(encoding, value, 0, value.length);
    }
    this.endRow();
  }

  endRow(): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = lineFeed;
  }

  #bare(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    this.#length = copyRun(source, start, end, this.#buffer, this.#length);
  }

  #text(source: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length < longRun) {
      this.#reserve(2 * length + 2);
      this.#length = quoteText(source, start, end, this.#buffer, this.#length);
      return;
    }
    // Twice a long text's length would be too much to allocate, so the bytes to escape are counted first.
    let escaped = 0;
    for (let index = start; index < end; index++) if (escapes[source[index] as number] !== 0) escaped++;
    this.#reserve(length + escaped + 2);
    if (escaped > 0) this.#longText(source, start, end);
    else {
      this.#buffer[this.#length++] = quote;
      this.#length = copyRun(source, start, end, this.#buffer, this.#length);
      this.#buffer[this.#length++] = quote;
    }
  }

  /** The buffer, with room for this many more bytes from position `bytes` on: for a caller that writes a whole row itself. */
  room(bytes: number): Buffer {
    this.#reserve(bytes);
    return this.#buffer;
  }

  /** Ends a write into `room`. @param end the position behind the last byte written */
  wrote(end: number): void {
    this.#length = end;
  }

  /** Copies each stretch between two bytes that have to be escaped with one call. */
  #longText(source: Buffer, start: number, end: number): void {
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at++] = quote;
    let run = start;
    for (let index = start; index < end; index++) {
      const escaped = escapes[source[index] as number] as number;
      if (escaped === 0) continue;
      at = copyRun(source, run, index, buffer, at);
      buffer[at++] = escaped === 1 ? quote : backslash;
      buffer[at++] = escaped === 1 ? quote : escaped;
      run = index + 1;
    }
    at = copyRun(source, run, end, buffer, at);
    buffer[at++] = quote;
    this.#length = at;
  }

  #base64(source: Buffer, start: number, end: number): void {
    const bytes = Math.ceil((end - start) / 3) * 4;
    this.#reserve(bytes + 2);
    this.#buffer[this.#length++] = quote;
    const encoded = Buffer.from(source.buffer, source.byteOffset + start, end - start).toString('base64');
    this.#length += this.#buffer.write(encoded, this.#length, 'latin1');
    this.#buffer[this.#length++] = quote;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const growth = Math.max(1 << 16, this.#buffer.length >> 1);
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length + growth));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Copies bytes. @returns the position behind them */
function copyRun(source: Buffer, start: number, end: number, target: Buffer, to: number): number {
  if (end - start >= longRun) return to + source.copy(target, to, start, end);
  let at = to;
  for (let index = start; index < end; index++) target[at++] = source[index] as number;
  return at;
}
