import { hash } from 'node:crypto';
import type { Encoding } from './column.ts';
import { readRows } from './csvReader.ts';

/** The digest of a set of rows under `sha256-xor-v1`: their number, and the XOR of their SHA-256 digests in lower-case hex. */
export interface Digest {
  rows: number;
  xor: string;
}

export const digestName = 'sha256-xor-v1';
export const emptyDigest: Digest = Object.freeze({ rows: 0, xor: '0'.repeat(64) });

const separator = 0x1f;

/** Adjacent chunks' digests merge, for XOR is commutative and associative. */
export function mergeDigests(digests: Iterable<Digest>): Digest {
  const accumulator = new XorAccumulator();
  for (const digest of digests) accumulator.merge(digest);
  return accumulator.digest();
}

export function sameDigest(one: Digest, other: Digest): boolean {
  return one.rows === other.rows && one.xor === other.xor;
}

/**
 * The digest of a chunk, computed from CSV bytes alone.
 * @param salt the partition's 32 hex digits
 * @throws MalformedCsv
 */
export function digestCsv(csv: Buffer, encodings: readonly Encoding[], salt: string): Digest {
  const accumulator = new XorAccumulator();
  for (const row of readRows(csv, encodings)) accumulator.add(rowDigest(row, encodings, salt));
  return accumulator.digest();
}

let scratch = Buffer.allocUnsafe(1 << 16);

/** SHA-256, as a latin1 string of 32 characters, of the row's canonical text: see docs/archive-format.md. */
export function rowDigest(row: readonly (Buffer | null)[], encodings: readonly Encoding[], salt: string): string {
  let needed = salt.length + 22 * row.length + 2;
  for (const value of row) needed += value === null ? 1 : value.length + 1;
  if (scratch.length < needed) scratch = Buffer.allocUnsafe(needed * 2);
  let at = scratch.write(salt, 0, 'latin1');
  let nulls = '';
  let lengths = '';
  for (let index = 0; index < row.length; index++) {
    const value = row[index];
    nulls += value === null ? '1' : '0';
    if (value === null || value === undefined) continue;
    scratch[at++] = separator;
    value.copy(scratch, at);
    at += value.length;
    if (encodings[index] !== 'bare') lengths += `\x1f${value.length}`;
  }
  at += scratch.write(`\x1f${nulls}${lengths}`, at, 'latin1');
  // 'binary' is the fastest output there is: 0.4 µs a row against 1.4 µs for a buffer (Node 20).
  return hash('sha256', scratch.subarray(0, at), 'binary');
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
