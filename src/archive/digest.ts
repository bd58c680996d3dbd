import { hash } from 'node:crypto';
import type { Encoding } from './column.ts';
import { RowScanner } from './csvReader.ts';

/** The digest of a set of rows under `sha256-xor-v1`: their number, and the XOR of their SHA-256 digests in lower-case hex. See docs/archive-format.md. */
export interface Digest {
  rows: number;
  xor: string;
}

export const digestName = 'sha256-xor-v1';
export const emptyDigest: Digest = Object.freeze({ rows: 0, xor: '0'.repeat(64) });

const separator = 0x1f;

/** The digest of several sets of rows together: XOR is commutative and associative. */
export function mergeDigests(digests: Iterable<Digest>): Digest {
  const accumulator = new XorAccumulator();
  for (const digest of digests) accumulator.merge(digest);
  return accumulator.digest();
}

export function sameDigest(one: Digest, other: Digest): boolean {
  return one.rows === other.rows && one.xor === other.xor;
}

/**
 * The digest of a chunk, computed from its CSV bytes alone, in one pass.
 * @param salt the day's 32 hex digits: rows can't be made to cancel without knowing it (pitfall P68: XOR is linear)
 * @throws MalformedCsv
 */
export function digestCsv(csv: Buffer, encodings: readonly Encoding[], salt: string): Digest {
  const accumulator = new XorAccumulator();
  const scanner = new RowScanner(csv, encodings, salt);
  // One digit per field for NULL, and at most 11 bytes per length.
  while (scanner.next(encodings.length * 12 + 1)) accumulator.add(digestOf(scanner, encodings));
  return accumulator.digest();
}

/** The SHA-256 digest of one row, given as raw bytes per value: a latin1 string of 32 characters. */
export function rowDigest(row: readonly (Buffer | null)[], encodings: readonly Encoding[], salt: string): string {
  const pieces: Buffer[] = [Buffer.from(salt, 'latin1')];
  const starts = new Int32Array(row.length);
  const ends = new Int32Array(row.length);
  let length = salt.length;
  for (const [field, value] of row.entries()) {
    starts[field] = value === null ? -1 : length + 1;
    if (value === null) continue;
    pieces.push(Buffer.of(separator), value);
    length += value.length + 1;
    ends[field] = length;
  }
  const values = Buffer.concat([...pieces, Buffer.alloc(row.length * 12 + 1)]);
  return digestOf({ values, length, starts, ends }, encodings);
}

/** SHA-256 of a row's canonical text (see docs/archive-format.md). `values` holds the row's values and has 12 free bytes per field behind them. */
function digestOf(
  row: Pick<RowScanner, 'values' | 'length' | 'starts' | 'ends'>,
  encodings: readonly Encoding[],
): string {
  const { values, starts, ends } = row;
  let at = row.length;
  values[at++] = separator;
  for (let field = 0; field < encodings.length; field++) values[at++] = (starts[field] as number) < 0 ? 0x31 : 0x30;
  for (let field = 0; field < encodings.length; field++) {
    const start = starts[field] as number;
    if (start < 0 || encodings[field] === 'bare') continue;
    values[at++] = separator;
    at = writeNumber(values, at, (ends[field] as number) - start);
  }
  // 'binary' is the fastest output: 0.4 µs per row against 1.4 µs for a buffer (measured with Node 20).
  return hash('sha256', values.subarray(0, at), 'binary');
}

/** Writes a whole number in decimal. @returns the position behind it */
function writeNumber(target: Buffer, at: number, number: number): number {
  let digits = 1;
  for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  let rest = number;
  for (let index = at + digits - 1; index >= at; index--) {
    target[index] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + digits;
}

class XorAccumulator {
  #rows = 0;
  readonly #bytes = new Uint8Array(32);

  add(digest: string): void {
    this.#rows++;
    for (let index = 0; index < 32; index++) this.#bytes[index] = (this.#bytes[index] ?? 0) ^ digest.charCodeAt(index);
  }

  merge(digest: Digest): void {
    this.#rows += digest.rows;
    const bytes = Buffer.from(digest.xor, 'hex');
    for (let index = 0; index < 32; index++) this.#bytes[index] = (this.#bytes[index] ?? 0) ^ (bytes[index] ?? 0);
  }

  digest(): Digest {
    return { rows: this.#rows, xor: Buffer.from(this.#bytes).toString('hex') };
  }
}
