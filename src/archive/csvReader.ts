import type { Encoding } from './column.ts';

/** The bytes aren't `mysql-csv-v1`: the object is damaged, or something else wrote it. Never skipped. */
export class MalformedCsv extends Error {
  override readonly name = 'MalformedCsv';
  constructor(
    readonly offset: number,
    readonly expected: string,
  ) {
    super(`at byte ${offset} of the chunk: expected ${expected}; the object isn't what Sediment wrote`);
  }
}

const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;
const backslash = 0x5c;
const unitSeparator = 0x1f;

/** Bytes that a text doesn't hold as they are: 1 for each. One look per byte, where comparisons took a tenth longer. */
const special = new Uint8Array(256);
for (const byte of [0x00, lineFeed, 0x0d, 0x1a, quote, backslash]) special[byte] = 1;

/** The byte that a byte after a backslash stands for; 255 where the writer never writes it. */
const unescaped = new Uint8Array(256).fill(255);
unescaped[backslash] = backslash;
unescaped[0x6e] = lineFeed;
unescaped[0x72] = 0x0d;
unescaped[0x30] = 0x00;
unescaped[0x5a] = 0x1a;

/**
 * Decodes a chunk row by row without an object per row or field: `values` holds `head`, then each value after a U+001F,
 * as the digest's canonical text has them. Strict: anything that the writer can't have written throws.
 */
export class RowScanner {
  /** The row's values; good until the next row. */
  values: Buffer;
  /** Where the last value ends in `values`. */
  length = 0;
  /** A field's value is `values` from `starts` to `ends`; `starts` is −1 for NULL. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  #at = 0;
  readonly #head: number;

  constructor(
    readonly csv: Buffer,
    readonly encodings: readonly Encoding[],
    head: string,
  ) {
    this.values = Buffer.allocUnsafe(4096);
    this.#head = this.values.write(head, 'latin1');
    this.starts = new Int32Array(encodings.length);
    this.ends = new Int32Array(encodings.length);
  }

  /** Decodes the next row; false at the end. @param spare bytes to keep free behind its values @throws MalformedCsv */
  next(spare = 0): boolean {
    const { csv, encodings } = this;
    if (this.#at >= csv.length) return false;
    // A row is one physical line, so its length bounds its values.
    const end = csv.indexOf(lineFeed, this.#at);
    if (end < 0) throw new MalformedCsv(csv.length, 'the end of the row');
    this.#reserve(end - this.#at + encodings.length + spare);
    this.length = this.#head;
    for (let field = 0; field < encodings.length; field++) {
      const start = this.#at;
      const delimiter = field === encodings.length - 1 ? end : -1;
      if (csv[start] === backslash && csv[start + 1] === 0x4e && this.#delimits(start + 2, end)) {
        this.starts[field] = -1;
        this.#at = start + 2;
      } else {
        this.values[this.length++] = unitSeparator;
        this.starts[field] = this.length;
        const encoding = encodings[field];
        if (encoding === 'bare') this.#bare(start, end);
        else if (csv[start] !== quote) throw new MalformedCsv(start, 'a quoted value or \\N');
        else if (encoding === 'text') this.#text(start + 1, end);
        else this.#base64(start + 1, end);
        this.ends[field] = this.length;
      }
      if (delimiter >= 0 ? this.#at !== delimiter : csv[this.#at] !== comma)
        throw new MalformedCsv(this.#at, delimiter >= 0 ? 'the end of the row' : 'a comma');
      this.#at++;
    }
    return true;
  }

  #delimits(at: number, end: number): boolean {
    return at === end || this.csv[at] === comma;
  }

  #bare(start: number, end: number): void {
    const { csv, values } = this;
    let to = this.length;
    let at = start;
    for (; at < end; at++) {
      const byte = csv[at] as number;
      if (byte === comma) break;
      values[to++] = byte;
    }
    if (at === start || csv[start] === quote) throw new MalformedCsv(start, 'a bare value');
    this.length = to;
    this.#at = at;
  }

  #text(start: number, end: number): void {
    const { csv, values } = this;
    let to = this.length;
    let at = start;
    for (; at < end; at++) {
      let byte = csv[at] as number;
      if (special[byte] === 1) {
        if (byte === quote) {
          if (csv[at + 1] !== quote) break;
          at++;
        } else if (byte === backslash) {
          byte = unescaped[csv[++at] as number] as number;
          if (byte === 255) throw new MalformedCsv(at, 'one of \\ n r 0 Z after a backslash');
        } else throw new MalformedCsv(at, 'a backslash before a control character');
      }
      values[to++] = byte;
    }
    if (at >= end) throw new MalformedCsv(end, 'a closing quote');
    this.length = to;
    this.#at = at + 1;
  }

  #base64(start: number, end: number): void {
    const { csv } = this;
    const close = csv.indexOf(quote, start);
    if (close < 0 || close > end) throw new MalformedCsv(end, 'a closing quote');
    const written = this.values.write(csv.toString('latin1', start, close), this.length, 'base64');
    if (!isCanonical(csv, start, close, written)) throw new MalformedCsv(start, 'base64');
    this.length += written;
    this.#at = close + 1;
  }

  #reserve(bytes: number): void {
    const needed = this.#head + bytes;
    if (needed <= this.values.length) return;
    const larger = Buffer.allocUnsafe(needed + (needed >> 1));
    this.values.copy(larger, 0, 0, this.#head);
    this.values = larger;
  }
}

/** Last digits before one and before two `=`, whose bits behind the last byte are zero. */
const lastDigits = ['', 'AEIMQUYcgkosw048', 'AQgw'];
const equals = 0x3d;
const hyphen = 0x2d;
const underscore = 0x5f;
/** Up to so many digits, a loop is faster than two searches. */
const shortText = 96;

/** Whether the writer writes `bytes` bytes as this text: Node's decoder also takes the URL alphabet, and skips other signs. */
function isCanonical(csv: Buffer, start: number, close: number, bytes: number): boolean {
  const length = close - start;
  if (length === 0) return bytes === 0;
  if (length % 4 !== 0) return false;
  const padding = csv[close - 1] !== equals ? 0 : csv[close - 2] !== equals ? 1 : 2;
  if (bytes !== (length / 4) * 3 - padding) return false;
  if (length > shortText) {
    const text = csv.subarray(start, close);
    if (text.includes(hyphen) || text.includes(underscore)) return false;
  } else
    for (let at = start; at < close; at++) {
      const byte = csv[at] as number;
      if (byte === hyphen || byte === underscore) return false;
    }
  return (
    padding === 0 || lastDigits[padding]?.includes(String.fromCharCode(csv[close - 1 - padding] ?? equals)) === true
  );
}

/** Reads the rows of a chunk: a value's raw bytes, null for NULL. The buffers are the caller's own. @throws MalformedCsv */
export function* readRows(csv: Buffer, encodings: readonly Encoding[]): Generator<(Buffer | null)[]> {
  const scanner = new RowScanner(csv, encodings, '');
  while (scanner.next())
    yield encodings.map((_, field) => {
      const start = scanner.starts[field] as number;
      return start < 0 ? null : Buffer.from(scanner.values.subarray(start, scanner.ends[field]));
    });
}
